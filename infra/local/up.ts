import '@spillway/origin/dev/loopback'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Edge, startEdge } from '@spillway/edge/dev/edge'
import { edgeVariables } from '@spillway/edge/dev/edge-variables'
import { type Issuer, startIssuer, trustedIssuer } from '@spillway/edge/dev/issuer'
import { assertionAlgorithm, createKey, type PrivateJwk, publicKeySet } from '@spillway/edge/dev/keys'
import { edgeEnv, originEnv } from '@spillway/origin/contract'
import type { WhichApplication } from '@spillway/origin/dev/application-files'
import { dropDatabase } from '@spillway/origin/dev/drop-database'
import { type FaultProxy, startFaultProxy } from '@spillway/origin/dev/fault-proxy'
import { startMongod } from '@spillway/origin/dev/mongod'
import { type Origin, type OriginOptions, startOrigin } from '@spillway/origin/dev/origin-process'
import { freePort } from '@spillway/origin/dev/ports'
import { seed } from '@spillway/origin/dev/seed'

/** Connections that can go through a proxy: to each origin, to the database, to the issuer. */
export type ProxiedTier = 'origin' | 'database' | 'issuer'

export interface StackOptions {
  /** Origin processes. @default 1 */
  readonly origins?: number
  /** Edges, each its own data centre. @default 1 */
  readonly edges?: number
  /** An existing database server; this stack uses its own database name there. @default its own `mongod` */
  readonly databaseUri?: string
  /** @default 'own' */
  readonly application?: WhichApplication
  /** Whether to load the application's seed. @default false */
  readonly seed?: boolean
  /** Tiers to put behind a proxy. @default none */
  readonly proxied?: readonly ProxiedTier[]
  /** Further variables of the origins. */
  readonly originEnv?: Readonly<Record<string, string>>
  /** Further variables of the edges. */
  readonly edgeVariables?: Readonly<Record<string, string>>
}

export interface Stack extends AsyncDisposable {
  /** Base URL of the first edge. */
  readonly url: string
  readonly edges: readonly Edge[]
  readonly origins: readonly Origin[]
  readonly issuer: Issuer
  /** The edge's key, for tests that call the origin as the edge does. */
  readonly assertionKey: PrivateJwk
  readonly database: { readonly uri: string; readonly name: string }
  /** Log files of the edges. */
  readonly edgeLogs: readonly string[]
  /** Log files of the origins. */
  readonly originLogs: readonly string[]
  /** Proxies per tier, in the order of their targets. */
  readonly proxies: Readonly<Record<ProxiedTier, readonly FaultProxy[]>>
  /** Base URLs by which the edges reach the origins: through the proxies, if there are any. */
  readonly wayUrls: readonly string[]
  /** Stops the first origin, if it runs, and starts another in its place. */
  replaceOrigin(change?: Partial<Pick<OriginOptions, 'main' | 'env'>>): Promise<Origin>
  /** Stops the first edge, if it runs, and starts another in its place, with an empty cache. */
  replaceEdge(variables?: Readonly<Record<string, string>>): Promise<Edge>
  /** The last lines of every process. */
  logs(lines?: number): Promise<string>
  /** Stops everything, the edge first; resolves when all processes are gone. */
  stop(): Promise<void>
}

/**
 * Starts all tiers on free ports: issuer → edge (the bundled Worker in workerd) → origin → `mongod`. System tests and
 * benches share it, so that both test the same stack.
 *
 * @throws Error with the last log lines of the part that did not start; nothing keeps running
 */
export async function up(options: StackOptions = {}): Promise<Stack> {
  const { origins: originCount = 1, edges: edgeCount = 1, proxied = [], application = 'own' } = options
  // Stops in reverse order.
  await using closing = new AsyncDisposableStack()
  const logFolder = await mkdtemp(join(tmpdir(), 'spillway-stack-'))
  closing.defer(() => rm(logFolder, { recursive: true, force: true }))
  const proxies: Record<ProxiedTier, FaultProxy[]> = { origin: [], database: [], issuer: [] }
  const reach = async (tier: ProxiedTier, port: number): Promise<number> => {
    if (!proxied.includes(tier)) return port
    const proxy = await startFaultProxy(port)
    closing.defer(() => proxy.stop())
    proxies[tier].push(proxy)
    return proxy.port
  }

  const assertionKey = await createKey(assertionAlgorithm)
  const issuer = await startIssuer({ keys: [await createKey('ES256'), await createKey('EdDSA')] })
  closing.defer(() => issuer.stop())
  const issuerPort = await reach('issuer', Number(new URL(issuer.url).port))

  const uri = options.databaseUri ?? (await ownDatabase(closing))
  const name = `spillway_${randomUUID().slice(0, 8)}`
  closing.defer(() => dropDatabase(uri, name))
  const databaseUri = proxied.includes('database') ? through(uri, await reach('database', portOf(uri))) : uri
  if (options.seed) await seed({ databaseUri: uri, databaseName: name, application })

  // The origins send purges to the first edge, which starts after them.
  const purgeKey = randomBytes(32).toString('base64url')
  const edgePort = await freePort()
  const origins: Origin[] = []
  const originUrls: string[] = []
  const originEnvironment = {
    [originEnv.edgeUrl]: `http://127.0.0.1:${edgePort}`,
    [originEnv.purgeKey]: purgeKey,
    [originEnv.webhookKey]: randomBytes(32).toString('base64url'),
    ...options.originEnv,
  }
  const originLog = (i: number) => join(logFolder, `origin-${i}.log`)
  const originOf = (i: number, { env, ...change }: Partial<OriginOptions> = {}) =>
    startOrigin({
      databaseUri,
      databaseName: name,
      edgeKeys: JSON.stringify(publicKeySet(assertionKey)),
      logFile: originLog(i),
      application,
      env: { ...originEnvironment, ...env },
      ...change,
    })
  for (let i = 0; i < originCount; i++) {
    const origin = await originOf(i)
    closing.defer(() => origins[i]?.stop())
    origins.push(origin)
    originUrls.push(`http://127.0.0.1:${await reach('origin', origin.port)}`)
  }

  const trusted = trustedIssuer(issuer)
  const jwksUri = trusted.jwksUri.replace(/:\d+\//, `:${issuerPort}/`)
  const edgeLog = (index: number) => join(logFolder, `edge-${index}.log`)
  const edges: Edge[] = []
  const edgeOf = (i: number, variables: Readonly<Record<string, string>> = {}) =>
    startEdge({
      variables: {
        ...edgeVariables({ originUrls, trustedIssuers: [{ ...trusted, jwksUri }], assertionKey }),
        [edgeEnv.purgeKey]: purgeKey,
        ...options.edgeVariables,
        ...variables,
      },
      ...(i === 0 && { port: edgePort }),
      logFile: edgeLog(i),
      application,
    })
  for (let i = 0; i < edgeCount; i++) {
    const edge = await edgeOf(i)
    closing.defer(() => edges[i]?.stop())
    edges.push(edge)
  }

  const running = closing.move()
  const stop = () => running.disposeAsync()
  return {
    // The cast is safe: there is at least one edge.
    url: (edges[0] as Edge).url,
    edges,
    origins,
    issuer,
    assertionKey,
    database: { uri, name },
    edgeLogs: edges.map((_, i) => edgeLog(i)),
    originLogs: origins.map((_, i) => originLog(i)),
    proxies,
    wayUrls: originUrls,
    replaceOrigin: async (change) => {
      // The cast is safe: there is at least one origin.
      const { port } = origins[0] as Origin
      await origins[0]?.stop()
      origins[0] = await originOf(0, { ...change, port })
      return origins[0]
    },
    replaceEdge: async (variables) => {
      await edges[0]?.stop()
      edges[0] = await edgeOf(0, variables)
      return edges[0]
    },
    logs: (lines = 40) => readLogs(logFolder, lines),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function ownDatabase(closing: AsyncDisposableStack): Promise<string> {
  const mongod = await startMongod()
  closing.defer(() => mongod.stop())
  return mongod.uri
}

const portOf = (uri: string): number => Number(/:(\d+)\//.exec(uri)?.[1])

/** Behind a proxy, a client must not discover the members' own addresses from the replica set. */
const through = (uri: string, port: number): string =>
  uri.replace(/:\d+\/.*$/, `:${port}/?directConnection=true`)

async function readLogs(folder: string, lines: number): Promise<string> {
  const files = (await readdir(folder)).sort()
  const parts = files.map(async (file) => {
    const text = await readFile(join(folder, file), 'utf8')
    return `--- ${file}\n${text.trimEnd().split('\n').slice(-lines).join('\n')}`
  })
  return (await Promise.all(parts)).join('\n')
}
