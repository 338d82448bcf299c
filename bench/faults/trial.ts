import { setTimeout as sleep } from 'node:timers/promises'
import { headers as names } from '@spillway/origin/contract'
import { seededRandom } from '../load/random.ts'
import { Markers } from './bodies.ts'
import { rebuild, type Truth } from './chains.ts'
import { Client } from './client.ts'
import { assertions } from './direct.ts'
import type { Exchange } from './exchange.ts'
import type { Drain } from './fleet.ts'
import { leftInWork } from './idle-origin.ts'
import { type FaultRecord, Tormentor } from './inflict.ts'
import { judge } from './judge.ts'
import { markOplog, readOplog } from './oplog.ts'
import { planFaults } from './plan.ts'
import { type Plant, tamperFor } from './plant.ts'
import { probe } from './probe.ts'
import { type Recovery, recoveries } from './recovery.ts'
import { type Recorder, Session, type TokenMode, type Via } from './session.ts'
import { Shelves } from './shelf.ts'
import { nowMs, Transport } from './transport.ts'
import type { Violation } from './violation.ts'
import type { World } from './world.ts'

export interface TrialOptions {
  readonly seed: number
  readonly seconds: number
  /** Minimum number of answered requests: a slow machine takes longer than `seconds`. @default 0 */
  readonly exchangesMin?: number
  /** Mean pause of a client between two actions, in ms. @default 50 */
  readonly pauseMs?: number
  /** Number of this trial in its world: no two trials of one database write the same texts. */
  readonly number: number
  /** @default no answer is changed */
  readonly plant?: Plant | undefined
  /** Inflicts faults. @default true */
  readonly faults?: boolean
  readonly signal?: AbortSignal
  readonly progress?: (line: string) => void
}

export interface Trial {
  readonly startMs: number
  readonly exchanges: readonly Exchange[]
  readonly truth: Truth
  readonly faults: readonly FaultRecord[]
  readonly violations: readonly Violation[]
  readonly recoveries: readonly Recovery[]
  readonly primaryChanges: number
  readonly originKills: number
  readonly skippedFaults: number
  /** Commands and requests that an idle origin still waits for, at the end. */
  readonly leftInWork: number
  readonly drains: readonly Drain[]
}

const subjects = ['ada', 'ben', 'cleo', 'dan', 'eve']
const scopes = ['places:write', 'advisories:write']
/** Two sessions per subject: carrier of the consistency token, and edges to use. */
const sessionsOf: readonly (readonly [TokenMode, 'both' | number])[] = [
  ['jar', 'both'],
  ['field', 'both'],
  ['jar', 0],
  ['none', 1],
  ['jar', 'both'],
  ['none', 0],
  ['field', 1],
  ['jar', 'both'],
  ['none', 'both'],
  ['jar', 1],
]

/**
 * Runs random clients and faults for a while, waits until the system is quiet, and compares all answers with the oplog.
 */
export async function runTrial(world: World, options: TrialOptions): Promise<Trial> {
  const { seed, seconds, number, plant, faults: hasFaults = true, progress = () => {} } = options
  const { exchangesMin = 0, pauseMs = 50 } = options
  const { cluster, databaseName, origins, edges } = world
  const since = await markOplog(cluster.uri, databaseName)
  const ending = new AbortController()
  options.signal?.addEventListener('abort', () => ending.abort(), { once: true })
  const transport = new Transport()
  const tamper = plant === undefined ? undefined : tamperFor(plant)
  const recorder: Recorder = { exchanges: [], transport, tamper }
  const markers = new Markers(`m${number}`)
  const shelves = new Shelves()
  const viaEdges: Via[] = edges.map(({ url }, index) => ({ name: `edge ${index}`, url }))
  const viaOrigins: Via[] = origins.map(({ url }, index) => ({ name: `origin ${index}`, url }))
  const bearer = async (subject: string) => {
    const token = await world.issuer.mintToken({ sub: subject, scopes })
    return { authorization: `Bearer ${token}` }
  }

  const running: Promise<unknown>[] = []
  const startMs = nowMs()
  for (const [index, [tokens, at]] of sessionsOf.entries()) {
    // The cast is safe: there are two sessions for each subject.
    const subject = subjects[Math.floor(index / 2)] as string
    const fields = await bearer(subject)
    const assertionOf = assertions(world.assertionKey, { subject, scopes })
    const name = `${subject} ${index} (${tokens})`
    const session = new Session({ name, tokens, credentials: () => fields }, recorder)
    const direct = new Session(
      {
        name: `${name}, direct`,
        tokens: 'none',
        credentials: async () => ({ [names.assertion]: await assertionOf(), [names.timeoutMs]: '1000' }),
      },
      recorder,
    )
    const client = new Client({
      session,
      direct,
      subject,
      shelves,
      markers,
      // The cast is safe: the sessions name edges that the world has.
      edges: at === 'both' ? viaEdges : [viaEdges[at] as Via],
      origins: viaOrigins,
      random: seededRandom(seed * 1_000 + index),
      signal: ending.signal,
      pauseMs,
    })
    running.push(client.run())
  }
  const probing = viaEdges.map(async (edge, index) => {
    const fields = await bearer(`probe-${index}`)
    const session = new Session(
      { name: `probe ${index}`, tokens: 'none', credentials: () => fields },
      recorder,
    )
    return probe({ session, edge, markers, signal: ending.signal })
  })

  const tormentor = new Tormentor(world, nowMs)
  const planned = hasFaults ? planFaults(seed, seconds * 1_000) : []
  const inflicted: Promise<void>[] = []
  for (const fault of planned) {
    if (!(await isDue(startMs + fault.atMs, ending.signal))) break
    const infliction = tormentor.inflict(fault)
    // A failed restart is reported once all faults have ended.
    infliction.catch(() => {})
    inflicted.push(infliction)
  }
  await isDue(startMs + seconds * 1_000, ending.signal)
  await Promise.all(inflicted)
  while (recorder.exchanges.length < exchangesMin && !ending.signal.aborted) await sleep(50)
  ending.abort()
  await Promise.all(running)
  const probes = (await Promise.all(probing)).flat().sort((a, b) => a.startMs - b.startMs)
  await transport.stop()

  progress(`${recorder.exchanges.length} requests; waiting until all is quiet`)
  await world.heal()
  const left = hasFaults ? await Promise.all(origins.map((origin) => leftInWork(origin))) : []
  const drains = [...tormentor.drains]
  if (hasFaults) {
    drains.push(...(await Promise.all(origins.map((origin) => origin.drain()))))
    await world.heal()
  }
  const { entries, primaryChanges } = await readOplog(cluster.uri, databaseName, since)
  progress(`comparing with ${entries.length} entries of the oplog`)
  const truth = rebuild(entries)
  return {
    startMs,
    exchanges: recorder.exchanges,
    truth,
    faults: tormentor.records,
    violations: judge(recorder.exchanges, truth),
    recoveries: recoveries(tormentor.records, probes),
    primaryChanges,
    originKills: tormentor.originKills,
    skippedFaults: tormentor.skipped,
    leftInWork: left.reduce((sum, each) => sum + each, 0),
    drains,
  }
}

async function isDue(atMs: number, signal: AbortSignal): Promise<boolean> {
  const waitMs = Math.max(0, atMs - nowMs())
  await sleep(waitMs, undefined, { signal }).catch(() => undefined)
  return !signal.aborted
}
