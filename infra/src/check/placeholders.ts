import type { EdgeEnvironment } from './edge-drift.ts'

/**
 * Settings of an environment that still are this repository's examples: names below example.com and its siblings
 * (RFC 2606), and ids of KV namespaces that Cloudflare has not issued. No deployment works with one.
 */
export function placeholders({ vars, routes, kvNamespaces }: EdgeEnvironment): readonly string[] {
  const named = [
    ...Object.entries(vars).map(([name, value]) => [name, String(value)] as const),
    ...routes.map((route) => ['routes', route] as const),
  ]
  return [
    ...named.flatMap(([name, text]) => {
      const [host] = exampleHost.exec(text) ?? []
      return host === undefined ? [] : [`${name} names ${host}, which is an example: put in your own`]
    }),
    ...kvNamespaces
      .filter(({ id = '' }) => !namespaceId.test(id))
      .map(
        ({ binding, id }) =>
          `${binding}: ${id} is not the id of a KV namespace: it must be 32 hexadecimal digits`,
      ),
  ]
}

const exampleHost = /(?:[\w-]+\.)*example\.(?:com|net|org)\b/
/** As `wrangler kv namespace create` prints it. */
const namespaceId = /^[0-9a-f]{32}$/
