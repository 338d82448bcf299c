import { setTimeout as sleep } from 'node:timers/promises'
import { rebuild } from '../faults/chains.ts'
import type { Exchange } from '../faults/exchange.ts'
import { judge } from '../faults/judge.ts'
import { markOplog, readOplog } from '../faults/oplog.ts'
import { type Plant, tamperFor } from '../faults/plant.ts'
import { startTraffic, type Traffic } from '../faults/traffic.ts'
import { nowMs } from '../faults/transport.ts'
import type { Violation } from '../faults/violation.ts'
import { type Diagnosis, diagnoseUntil } from './diagnoses.ts'
import type { Field } from './field.ts'
import type { Incident } from './incidents.ts'
import { recoveryMs } from './recovery-time.ts'

export interface Performance {
  readonly incident: Incident
  /** Epoch ms of the incident. */
  readonly fromMs: number
  /** `undefined`: not restored in time. */
  readonly rtoMs: number | undefined
  readonly diagnoses: readonly Diagnosis[]
  /** Requests through the edges since the incident. */
  readonly exchanges: readonly Exchange[]
  readonly violations: readonly Violation[]
}

export interface PerformOptions {
  /** Number of this incident in its field. */
  readonly number: number
  readonly seed: number
  readonly plant?: Plant | undefined
  readonly signal: AbortSignal
}

const warmUpMs = 2_000
/** Longest time until a person has to know the cause. */
const namedMs = 15_000
const restoredMs = 30_000
const afterwardsMs = 2_000
const pollMs = 50

/** Performs one incident under traffic, and compares what callers were told with what the database did. */
export async function perform(
  field: Field,
  incident: Incident,
  options: PerformOptions,
): Promise<Performance> {
  const { world } = field
  const { cluster, databaseName } = world
  const since = await markOplog(cluster.uri, databaseName)
  const ending = new AbortController()
  options.signal.addEventListener('abort', () => ending.abort(), { once: true })
  const traffic = await startTraffic(world, {
    seed: options.seed,
    number: options.number,
    tamper: options.plant === undefined ? undefined : tamperFor(options.plant),
    signal: ending.signal,
  })
  let fromMs: number
  let rtoMs: number | undefined
  let diagnoses: readonly Diagnosis[]
  try {
    await untilWarm(traffic, ending.signal)
    ;({ fromMs, rtoMs, diagnoses } = await underTraffic(field, incident, traffic, ending.signal))
    await pause(afterwardsMs, ending.signal)
  } finally {
    ending.abort()
    await traffic.ended
  }
  await world.heal()
  const { entries } = await readOplog(cluster.uri, databaseName, since)
  return {
    incident,
    fromMs,
    rtoMs,
    diagnoses,
    exchanges: traffic.exchanges.filter(({ endMs, via }) => endMs >= fromMs && via.startsWith('edge')),
    violations: judge(traffic.exchanges, rebuild(entries)),
  }
}

async function underTraffic(field: Field, incident: Incident, traffic: Traffic, signal: AbortSignal) {
  const diagnoses: Diagnosis[] = []
  const known = new AbortController()
  const diagnose = (fromMs: number) =>
    diagnoseUntil(placesOf(field), { fromMs, diagnoses, signal: AbortSignal.any([signal, known.signal]) })
  let fromMs = nowMs()
  // Lines of the edges' logs while a release replaces an origin are not of that release.
  let diagnosing = incident.mend === undefined ? diagnose(fromMs) : undefined
  try {
    await incident.begin(field)
    if (incident.mend !== undefined) {
      fromMs = nowMs()
      diagnosing = diagnose(fromMs)
      await until(() => diagnoses.some(({ cause }) => incident.causes.includes(cause)), namedMs, signal)
      known.abort()
      await incident.mend(field)
    }
    await pause(Math.max(0, fromMs + incident.lastsMs - nowMs()), signal)
    await until(() => recoveryMs(traffic.probes, fromMs) !== undefined, restoredMs, signal)
    return { fromMs, rtoMs: recoveryMs(traffic.probes, fromMs), diagnoses }
  } finally {
    known.abort()
    await diagnosing
    await incident.end(field)
  }
}

/** Addresses by which the first edge and the origins are observed. */
const placesOf = ({ world }: Field) => ({
  // The casts are safe: a world has an edge.
  edgeUrl: (world.edges[0] as (typeof world.edges)[0]).url,
  edgeLog: world.edgeLogs[0] as string,
  originUrls: world.origins.map(({ url }) => url),
  wayUrls: (world.edgeLinks[0] ?? []).map(({ port }) => `http://127.0.0.1:${port}`),
  keySetUrls: [world.issuer.jwksUri.replace(/:\d+\//, `:${world.issuerLink.port}/`)],
})

/** Waits for good answers, so that no incident meets a stack that is still starting. */
async function untilWarm({ probes }: Traffic, signal: AbortSignal): Promise<void> {
  await pause(warmUpMs, signal)
  await until(() => recoveryMs(probes, nowMs() - warmUpMs) === 0, restoredMs, signal)
}

async function until(isSo: () => boolean, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const deadlineMs = nowMs() + timeoutMs
  while (!isSo()) {
    if (signal.aborted || nowMs() > deadlineMs) return false
    await sleep(pollMs)
  }
  return true
}

const pause = (ms: number, signal: AbortSignal): Promise<unknown> =>
  sleep(ms, undefined, { signal }).catch(() => undefined)
