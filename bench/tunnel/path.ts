import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCertificate } from '../measure/certificate.ts'
import type { Run } from '../measure/run.ts'
import { type Subject, setStage } from '../origin/stage.ts'
import { startBalancer } from './balancer.ts'
import { edgeName, startConnector } from './cloudflared.ts'
import { connectorCore, onCore } from './cores.ts'
import { startStandIn } from './start-stand-in.ts'

/** A request's way on this machine: driver (as the edge), stand-in, connector, balancer, origin, database. */
export interface Path {
  /** The origin behind the tunnel, with the credentials that it takes. */
  readonly origin: Subject
  /** Base URL before the tunnel. */
  readonly url: string
  readonly ids: readonly string[]
  readonly databaseUri: string
  /** Process of the connector. */
  readonly connector: number
  /** All other processes but the driver. */
  readonly rest: readonly number[]
}

/** Starts all parts, the connector on a core of its own. They end with the run. */
export async function startPath(run: Run, program: string, poolSize: number): Promise<Path> {
  const { closing, progress } = run
  const stage = await setStage(run, { peers: [], poolSize, failPoints: true })
  const { spillway: origin, database, ids } = stage
  progress('starting the tunnel')
  const folder = await mkdtemp(join(tmpdir(), 'spillway-tunnel-'))
  closing.defer(() => rm(folder, { recursive: true, force: true }))
  const certificate = createCertificate(folder, [edgeName])
  const balancer = await startBalancer(origin.url, certificate)
  closing.defer(() => balancer.stop())
  const standIn = await startStandIn(certificate)
  closing.defer(() => standIn.stop())
  const connector = await startConnector({
    program,
    through: onCore(connectorCore),
    folder,
    edgePorts: standIn.edgePorts,
    certificateFile: certificate.files[0],
    origin: balancer.url,
  })
  closing.defer(async () => void (await connector.stop(5_000)))
  await standIn.registered
  return {
    origin,
    url: standIn.url,
    ids,
    databaseUri: database.uri,
    connector: connector.pid,
    rest: [process.pid, standIn.pid, database.pid, ...origin.pids],
  }
}
