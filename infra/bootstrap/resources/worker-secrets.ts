import type { Setup } from '../resource.ts'

/** Names of the Worker's secrets; undefined before it was deployed. */
export async function secretsOfWorker({ run, edge }: Setup): Promise<readonly string[] | undefined> {
  const path = run.cloudflare.account(`/workers/scripts/${edge().name}/secrets`)
  // The cast: Cloudflare's API documents it.
  const found = (await run.cloudflare.get(path)) as readonly { readonly name: string }[] | undefined
  return found?.map(({ name }) => name)
}
