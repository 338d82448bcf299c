import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Edge, type EdgeOptions, startEdge } from '@spillway/edge/dev/edge'
import { edgeVariables } from '@spillway/edge/dev/edge-variables'
import { type Issuer, startIssuer, trustedIssuer } from '@spillway/edge/dev/issuer'
import { assertionAlgorithm, createKey, type PrivateJwk, publicKeySet } from '@spillway/edge/dev/keys'
import { type FaultProxy, startFaultProxy } from '@spillway/origin/dev/fault-proxy'
import { type Cluster, startCluster } from './cluster.ts'
import { type FleetOrigin, startFleetOrigin } from './fleet.ts'

/** The system under faults: three members of a database, two origins, two edges, and a proxy on every link. */
export interface World {
  readonly cluster: Cluster
  readonly databaseName: string
  readonly origins: readonly FleetOrigin[]
  readonly edges: readonly WorldEdge[]
  /** Links from each edge to each origin. */
  readonly edgeLinks: readonly (readonly FaultProxy[])[]
  /** Log files of the edges. */
  readonly edgeLogs: readonly string[]
  readonly issuer: Issuer
  /** Link from the edges to the issuer's key set. */
  readonly issuerLink: FaultProxy
  /** Key of the edge, for direct reads from an origin. */
  readonly assertionKey: PrivateJwk
  /** Repairs every link, continues every process, and waits until all are ready. */
  heal(): Promise<void>
  stop(): Promise<void>
}

export type WorldEdge = Pick<Edge, 'url' | 'stop'>

export interface WorldOptions {
  readonly progress?: (line: string) => void
  /** Starts an edge. @default in Miniflare */
  readonly startEdge?: (options: EdgeOptions) => Promise<WorldEdge>
}

const originCount = 2
const edgeCount = 2

/** @throws Error when a part does not start; nothing is left running */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { progress = () => {}, startEdge: start = startEdge } = options
  await using closing = new AsyncDisposableStack()
  const logFolder = await mkdtemp(join(tmpdir(), 'spillway-faults-logs-'))
  closing.defer(() => rm(logFolder, { recursive: true, force: true }))
  progress('starting three members of a database')
  const cluster = await startCluster()
  closing.defer(() => cluster.stop())

  progress('starting two origins and two edges')
  const assertionKey = await createKey(assertionAlgorithm)
  const issuer = await startIssuer({ keys: [await createKey('EdDSA')] })
  closing.defer(() => issuer.stop())
  const issuerLink = await startFaultProxy(Number(new URL(issuer.url).port))
  closing.defer(() => issuerLink.stop())
  const trusted = trustedIssuer(issuer)
  const jwksUri = trusted.jwksUri.replace(/:\d+\//, `:${issuerLink.port}/`)
  const databaseName = `faults_${randomUUID().slice(0, 8)}`
  const origins: FleetOrigin[] = []
  for (let index = 0; index < originCount; index++) {
    const origin = await startFleetOrigin(index, cluster, {
      databaseName,
      edgeKeys: JSON.stringify(publicKeySet(assertionKey)),
      logFile: join(logFolder, `origin-${index}.log`),
    })
    closing.defer(() => origin.stop())
    origins.push(origin)
  }

  const edges: WorldEdge[] = []
  const edgeLogs: string[] = []
  const edgeLinks: FaultProxy[][] = []
  for (let index = 0; index < edgeCount; index++) {
    const links: FaultProxy[] = []
    for (const { port } of origins) {
      const link = await startFaultProxy(port)
      closing.defer(() => link.stop())
      links.push(link)
    }
    edgeLinks.push(links)
    const originUrls = links.map(({ port }) => `http://127.0.0.1:${port}`)
    const logFile = join(logFolder, `edge-${index}.log`)
    edgeLogs.push(logFile)
    const edge = await start({
      // Each edge prefers another origin, so that both serve requests.
      variables: edgeVariables({
        originUrls: index % 2 === 0 ? originUrls : originUrls.toReversed(),
        trustedIssuers: [{ ...trusted, jwksUri }],
        assertionKey,
      }),
      logFile,
      application: 'fixture',
    })
    closing.defer(() => edge.stop())
    edges.push(edge)
  }

  const running = closing.move()
  return {
    cluster,
    databaseName,
    origins,
    edges,
    edgeLinks,
    edgeLogs,
    issuer,
    issuerLink,
    assertionKey,
    async heal() {
      const links = [
        issuerLink,
        ...cluster.links,
        ...edgeLinks.flat(),
        ...origins.flatMap((one) => one.databaseLinks),
      ]
      await Promise.all(links.map((link) => link.apply({ kind: 'pass' })))
      await Promise.all(origins.map((origin) => (origin.isAlive ? undefined : origin.restart())))
    },
    stop: () => running.disposeAsync(),
  }
}
