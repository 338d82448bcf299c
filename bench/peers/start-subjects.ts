import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startIssuer } from '@spillway/edge/dev/issuer'
import { createKey } from '@spillway/edge/dev/keys'
import { startWorkerProcess, type WorkerProcess } from '@spillway/edge/dev/worker-process'
import { application } from '@spillway/origin/application'
import { tools } from '@spillway/origin/application/tools'
import { seed as seedPlaces } from '@spillway/origin/dev/seed'
import { bundleWorker } from '../edge/bundle-worker.ts'
import { chooser } from '../load/popularity.ts'
import { seededRandom } from '../load/random.ts'
import type { Mix } from '../load/workload.ts'
import { startMeasuredMongod } from '../measure/measured-mongod.ts'
import type { Run } from '../measure/run.ts'
import { scenarioOf } from '../scenarios/catalogue.ts'
import { loadOf } from '../scenarios/load-of.ts'
import { type Scenario, scaledBy } from '../scenarios/scenario.ts'
import { installOnDemand, type OnDemand, packagesVariable } from './on-demand.ts'
import { placeIds } from './place-ids.ts'
import { peerEnv } from './settings.ts'
import { copyPlaces, type PeerName, startPeer } from './start-peer.ts'
import { type Subject, startWholePath } from './start-whole-path.ts'

/**
 * Nine reads for a write, as users of the sample application do it (bench/scenarios, where half as many requests are
 * writes): they read places by id and by country, and plan trips. `bench -- origin` measures writes to the catalogue
 * that is being read.
 */
export const mix: Mix = { read: 60, list: 30, plan: 10 }
/**
 * Share of the story's hundred thousand requests/s that this many processors can answer at best. The number of
 * documents is reduced by the same factor, so that each is read as often as in the story.
 */
const scale = 1 / 40
/**
 * Subjects with a cache are measured for the time that answers stay fresh, so that each is refreshed as often as in
 * service. A shorter window would contain more refreshes, since all answers go stale while others are measured.
 */
export const freshMs = placesFreshSeconds() * 1_000
export const poolSize = 16
/** Users, each with a token. */
export const users = 256
export const seed = 20_261_124
export const ours = 'Spillway, edge and origin'

export interface PeerToStart {
  readonly name: PeerName
  /** Packages that are no dependencies, and may be unavailable. */
  readonly onDemand?: OnDemand
  /** Name of the subject. @default that of the peer */
  readonly subject?: string
  /** Worker of `bench/edge/workers` in front of the peer. @default none */
  readonly gateway?: string
}

/** Starts Spillway and the peers on one database, which has a copy of the documents for each. */
export async function startSubjects(run: Run, peers: readonly PeerToStart[]) {
  const { closing, progress } = run
  progress('starting the database, loading the sample data')
  const mongod = await startMeasuredMongod(run)
  const database = `peers_${randomUUID().slice(0, 8)}`
  await seedPlaces({ databaseUri: mongod.uri, databaseName: database })

  progress('starting Spillway')
  const issuer = await startIssuer({ keys: [await createKey('ES256')] })
  closing.defer(() => issuer.stop())
  const { url, jwksUri, audience } = issuer
  const whole = { databaseUri: mongod.uri, databaseName: database, poolSize, issuer }
  const subjects: Subject[] = [{ name: ours, ...(await startWholePath(run, whole)) }]
  const leftOut: string[] = []
  for (const { name, onDemand, subject = name, gateway } of peers) {
    progress(`starting ${subject}`)
    try {
      const packages = onDemand === undefined ? undefined : await installOnDemand(onDemand, progress)
      const copy = `${database}_${subjects.length}`
      await copyPlaces(mongod.uri, database, copy)
      const peer = await startPeer(name, {
        databaseUri: mongod.uri,
        databaseName: copy,
        poolSize,
        env: {
          [peerEnv.issuer]: JSON.stringify({ url, jwksUri, audience }),
          ...(packages !== undefined && { [packagesVariable]: packages }),
        },
      })
      closing.defer(() => peer.stop())
      const front = gateway === undefined ? undefined : await startGateway(run, gateway, peer.url)
      subjects.push({
        name: subject,
        url: front?.url ?? peer.url,
        pids: { edge: front === undefined ? [] : [front.pid], server: [peer.pid] },
      })
    } catch (error) {
      // A peer that is no dependency may be unavailable here, which must not stop the others.
      if (onDemand === undefined) throw error
      // The cast is safe: what it calls throws errors.
      leftOut.push(`${name}: ${(error as Error).message}`)
    }
  }
  const ids = byPopularity(
    await placeIds(mongod.uri, database),
    scaledBy(scenarioOf('spike', loadOf(application, tools)), scale),
  )
  const mint = (user: number) => issuer.mintToken({ sub: `user-${user}` })
  const tokens = await Promise.all(Array.from({ length: users }, (_, user) => mint(user)))
  const sets = tokens.map((token) => ({ authorization: `Bearer ${token}` }))
  const credentials = { kind: 'headers', sets } as const
  return { subjects, credentials, ids, databasePid: mongod.pid, leftOut }
}

async function startGateway({ closing }: Run, name: string, originUrl: string): Promise<WorkerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-gateway-'))
  closing.defer(() => rm(folder, { recursive: true, force: true }))
  const worker = await startWorkerProcess(await bundleWorker(name, folder), {
    variables: { ORIGIN: originUrl },
  })
  closing.defer(() => worker.stop())
  return worker
}

/** Repeats each id by its popularity: a workload draws evenly from the list. */
function byPopularity(ids: readonly string[], { popularity, documents }: Scenario): readonly string[] {
  const random = seededRandom(seed)
  const count = Math.min(ids.length, documents)
  const choose = chooser(popularity, count)
  // The cast is safe: the chooser returns an index below `count`.
  return Array.from({ length: count * 50 }, () => ids[choose(random)] as string)
}

function placesFreshSeconds(): number {
  const rule = application.resources.get('places')?.cache
  if (rule === undefined || rule.kind === 'none') throw new Error('places are not cached')
  return rule.maxAgeSeconds
}
