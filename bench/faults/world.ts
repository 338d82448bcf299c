import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Edge, startEdge } from '@spillway/edge/dev/edge'
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
  readonly edges: readonly Edge[]
  /** Links from each edge to each origin. */
  readonly edgeLinks: readonly (readonly FaultProxy[])[]
  readonly issuer: Issuer
  /** Key of the edge, for direct reads from an origin. */
  readonly assertionKey: PrivateJwk
  /** Repairs every link, continues every process, and waits until all are ready. */
  heal(): Promise<void>
  stop(): Promise<void>
}

const originCount = 2
const edgeCount = 2

/** @throws Error when a part does not start; nothing is left running */
export async function startWorld(progress: (line: string) => void = () => {}): Promise<World> {
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

  const edges: Edge[] = []
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
    const edge = await startEdge({
      // Each edge prefers another origin, so that both serve requests.
      variables: edgeVariables({
        originUrls: index % 2 === 0 ? originUrls : originUrls.toReversed(),
        trustedIssuers: [trustedIssuer(issuer)],
        assertionKey,
      }),
      logFile: join(logFolder, `edge-${index}.log`),
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
    issuer,
    assertionKey,
    async heal() {
      const links = [...cluster.links, ...edgeLinks.flat(), ...origins.flatMap((one) => one.databaseLinks)]
      await Promise.all(links.map((link) => link.apply({ kind: 'pass' })))
      await Promise.all(origins.map((origin) => (origin.isAlive ? undefined : origin.restart())))
    },
    stop: () => running.disposeAsync(),
  }
}
