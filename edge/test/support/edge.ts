import { controlSnapshotKey } from '@spillway/origin/contract'
import { type Response as Answer, convertV4MiniflareOptions, Miniflare, type Request } from 'miniflare'
import { inject, vi } from 'vitest'
import { edgeVariables } from '../../dev/edge-variables.ts'
import { assertionAlgorithm, createKey, type PrivateJwk } from '../../dev/keys.ts'
import { LocalControl } from '../../dev/local-control.ts'
import type { TestIssuer } from './issuer.ts'
import type { ScriptedOrigin } from './origin.ts'

/** The Worker in workerd, in front of a test's own origin and issuer. */
export interface Edge {
  readonly url: string
  /** The log line of a request, once written. */
  lineOf(requestId: string | null): Promise<Record<string, unknown>>
  /** Everything that was logged, as text. */
  readonly log: string
  readonly assertionKey: PrivateJwk
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** The bytes that the data centre's cache holds for a URL. */
  cached(url: string): Promise<ArrayBuffer | undefined>
  readonly control: LocalControl
  stop(): Promise<void>
}

export interface EdgeOptions {
  readonly origins: readonly Pick<ScriptedOrigin, 'url'>[]
  readonly issuers?: readonly TestIssuer[]
  readonly variables?: Readonly<Record<string, string>>
  /** The Worker as one ES module. @default that of the framework's own tests */
  readonly script?: string
  /** Folder with the documentation page's files. @default none */
  readonly docsFolder?: string
  /** Quota of the rate-limit binding, per ten seconds. */
  readonly rateLimit?: number
  /** Whether the Cache API and the rate limiter accept every call but never answer. */
  readonly isPlatformStalled?: boolean
  /** Answers the Worker's requests in place of the network. @default the network */
  readonly outbound?: (request: Request) => Promise<Answer>
}

/** Starts one Worker, in a workerd of its own. */
export async function startTestEdge(options: EdgeOptions): Promise<Edge> {
  const { edges, stop } = await startTestEdges([options])
  // The cast is safe: it starts as many Workers as it gets options.
  return Object.assign(edges[0] as Edge, { stop })
}

/**
 * Starts Workers in one workerd, which takes less CPU time than as many processes. Each is an isolate with memory,
 * switches and quotas of its own; they share a data centre, so the Cache API and the log.
 */
export async function startTestEdges(
  all: readonly EdgeOptions[],
): Promise<{ readonly edges: readonly Omit<Edge, 'stop'>[]; stop(): Promise<void> }> {
  const logged: string[] = []
  const assertionKey = { ...(await createKey(assertionAlgorithm)), kid: 'edge-1' }
  const names = all.map((_, index) => `edge-${index}`)
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      handleStructuredLogs: ({ message }) => logged.push(message),
      cf: false,
      workers: all.map((options, index) => ({
        name: `edge-${index}`,
        ...workerOf(options, `edge-${index}`, assertionKey),
      })),
    }),
  )
  await miniflare.ready
  const edges = names.map(async (name): Promise<Omit<Edge, 'stop'>> => {
    const url = (await miniflare.unsafeGetDirectURL(name)).origin
    return {
      url,
      lineOf: (requestId) =>
        vi.waitFor(() => {
          const line = logged.find((text) => text.includes(`"requestId":"${requestId}"`))
          if (line === undefined) throw new Error(`nothing is logged about ${requestId}`)
          return JSON.parse(line)
        }, 60_000),
      get log() {
        return logged.join('\n')
      },
      assertionKey,
      fetch: (path, init) => fetch(url + path, init),
      cached: async (stored) => {
        const { default: cache } = (await miniflare.getCaches()) as unknown as {
          default: { match(url: string): Promise<Response | undefined> }
        }
        return (await cache.match(stored))?.arrayBuffer()
      },
      control: new LocalControl(async (snapshot) => {
        const namespace = await miniflare.getKVNamespace('CONTROL', name)
        await namespace.put(controlSnapshotKey, snapshot)
      }),
    }
  })
  return { edges: await Promise.all(edges), stop: () => miniflare.dispose() }
}

function workerOf(
  {
    origins,
    issuers = [],
    variables,
    script = inject('workerScript'),
    docsFolder,
    rateLimit,
    isPlatformStalled = false,
    outbound,
  }: EdgeOptions,
  name: string,
  assertionKey: PrivateJwk,
) {
  const trusted = issuers.map(({ url, jwksUri, audience, keys }, index) => ({
    issuer: url,
    namespace: index === 0 ? '' : `issuer-${index}`,
    jwksUri,
    audience,
    algorithms: keys.map(({ algorithm }) => algorithm),
  }))
  return {
    modules: [
      ...(isPlatformStalled
        ? [{ type: 'ESModule' as const, path: 'stalled.js', contents: stalledPlatform }]
        : []),
      { type: 'ESModule' as const, path: 'worker.js', contents: script },
    ],
    compatibilityDate: '2026-08-01',
    compatibilityFlags: ['enable_request_signal'],
    bindings: {
      ...edgeVariables({
        originUrls: origins.map(({ url }) => url),
        trustedIssuers: trusted.length > 0 ? trusted : [unusedIssuer],
        assertionKey,
      }),
      LOG: 'all',
      ...variables,
    },
    kvNamespaces: { CONTROL: `control-of-${name}` },
    ...(docsFolder !== undefined && {
      serviceBindings: { DOCS: { disk: { path: docsFolder, writable: false } } },
    }),
    ...(rateLimit !== undefined && {
      ratelimits: { RATE_LIMITER: { namespace_id: name, simple: { limit: rateLimit, period: 10 as const } } },
    }),
    ...(outbound !== undefined && { outboundService: outbound }),
    // Straight to the Worker: miniflare's own entry compresses and adds fields, as a CDN's front would.
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
  }
}

const unusedIssuer = {
  issuer: 'https://issuer.invalid',
  jwksUri: 'https://issuer.invalid/jwks.json',
  audience: 'spillway',
  algorithms: ['ES256'],
}

export const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` })

const stalledPlatform = `
import worker from './worker.js'
const stall = () => scheduler.wait(60_000)
Object.defineProperty(caches, 'default', { value: { match: stall, put: stall } })
const RATE_LIMITER = { limit: stall }
export default { fetch: (request, env, context) => worker.fetch(request, { ...env, RATE_LIMITER }, context) }
`
