import { setTimeout as sleep } from 'node:timers/promises'
import { rebuild, type Truth } from './chains.ts'
import type { Exchange } from './exchange.ts'
import type { Drain } from './fleet.ts'
import { leftInWork } from './idle-origin.ts'
import { type FaultRecord, Tormentor } from './inflict.ts'
import { judge } from './judge.ts'
import { markOplog, readOplog } from './oplog.ts'
import { planFaults } from './plan.ts'
import { type Plant, tamperFor } from './plant.ts'
import { type Recovery, recoveries } from './recovery.ts'
import { startTraffic } from './traffic.ts'
import { nowMs } from './transport.ts'
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

/**
 * Runs random clients and faults for a while, waits until the system is quiet, and compares all answers with the oplog.
 */
export async function runTrial(world: World, options: TrialOptions): Promise<Trial> {
  const { seed, seconds, number, plant, faults: hasFaults = true, progress = () => {} } = options
  const { exchangesMin = 0 } = options
  const { cluster, databaseName, origins } = world
  const since = await markOplog(cluster.uri, databaseName)
  const ending = new AbortController()
  options.signal?.addEventListener('abort', () => ending.abort(), { once: true })
  const traffic = await startTraffic(world, {
    seed,
    number,
    ...(options.pauseMs !== undefined && { pauseMs: options.pauseMs }),
    tamper: plant === undefined ? undefined : tamperFor(plant),
    signal: ending.signal,
  })
  const { exchanges, startMs } = traffic

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
  while (exchanges.length < exchangesMin && !ending.signal.aborted) await sleep(50)
  ending.abort()
  await traffic.ended
  const probes = traffic.probes.toSorted((a, b) => a.startMs - b.startMs)

  progress(`${exchanges.length} requests; waiting until all is quiet`)
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
    exchanges,
    truth,
    faults: tormentor.records,
    violations: judge(exchanges, truth),
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
