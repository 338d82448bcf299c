import { performance } from 'node:perf_hooks'
import { arrivals } from '../load/arrivals.ts'
import { Connections } from '../load/connections.ts'
import type { Fate } from '../load/fate.ts'
import { LatencyHistogram } from '../load/latency.ts'
import { offer } from '../load/offer.ts'
import type { Operation } from '../load/operations.ts'
import { seededRandom } from '../load/random.ts'
import type { Answers, LoadReport } from '../load/report.ts'
import { Requests } from '../load/request.ts'
import { type Ending, Sender } from '../load/sender.ts'
import { Tally } from '../load/tally.ts'
import { type Interval, Timeline } from '../load/timeline.ts'
import { Window } from '../load/window.ts'
import type { Call } from '../load/workload.ts'
import { closedUsers } from './closed-users.ts'
import { holdSlowClients } from './hold-slow-clients.ts'
import type { Plan } from './plan.ts'
import { durationMs, rateCurve, usersMax } from './scenario.ts'
import type { Counts, Summary } from './summary.ts'

/** Maximum open connections. More users than these share them, and latency includes the wait for one. */
const connectionsMax = 4_000

/** Interval of progress reports, in ms. */
const progressEveryMs = 1_000

export interface RunPlanOptions {
  /** Processes whose CPU time is read, by the name that the report gives them. */
  readonly watched?: Readonly<Record<string, readonly number[]>>
  readonly onProgress?: (progress: Progress) => void
}

/** Counts since the start. */
export interface Progress {
  readonly atMs: number
  readonly asked: number
  readonly good: number
  readonly shed: number
  readonly failed: number
}

export interface PlanReport {
  readonly summary: Summary
  readonly seconds: readonly Interval[]
  /** The same of answers that a cache had: they wait for no queue behind it, so their time is the machine's. */
  readonly hitSeconds: readonly Interval[]
  /** The same of the driver's own lateness, for each request. */
  readonly lateSeconds: readonly Interval[]
  readonly driver: LoadReport['driver']
  readonly connections: number
  readonly cpuMs: Readonly<Record<string, number>>
}

/**
 * Runs a plan with the load generator of `bench/load`. Open arrivals are sent at their planned times, whether or not
 * earlier ones were answered, and latency counts from then (no coordinated omission).
 */
export async function runPlan(plan: Plan, options: RunPlanOptions = {}): Promise<PlanReport> {
  const { scenario, target } = plan
  const { usefulMs, timeoutMs, behaviour } = scenario
  const random = seededRandom(plan.seed)
  const requests = new Requests({ ...plan, popularity: scenario.popularity, random })
  const connections = new Connections(target, { min: 0, max: connectionsMax })
  const sender = new Sender(connections, timeoutMs)
  const slow = scenario.slowClients === undefined ? undefined : holdSlowClients(plan, scenario.slowClients)

  const total = new Tally(usefulMs)
  const tallies = new Map(plan.operations.map(({ name }) => [name, new Tally(usefulMs)]))
  const timeline = new Timeline({ usefulMs })
  const hits = new Timeline({ usefulMs })
  const lates = new Timeline({ usefulMs })
  const lateness = new LatencyHistogram()
  const progress = { asked: 0, good: 0, shed: 0, failed: 0 }

  const ask = (user: number, intendedMs: number, atMs: number, done: () => void) => {
    const { operation, ...call } = requests.next(user)
    // The cast is safe: each operation has a tally.
    const both = [total, tallies.get(operation.name) as Tally]
    const lateMs = performance.now() - intendedMs
    lateness.record(lateMs)
    lates.record(atMs, 'ok', lateMs)
    progress.asked++
    for (const tally of both) tally.asked()
    // The cast is safe: without its operation, a request is a call.
    sender.send({ call: call as Call }, intendedMs, (ending, latencyMs) => {
      const [fate = 'failed'] = both.map((tally) => note(tally, ending, latencyMs, operation.expects))
      timeline.record(atMs, fate, latencyMs)
      if ('isHit' in ending && ending.isHit) hits.record(atMs, fate, latencyMs)
      if (fate !== 'ok') progress[fate]++
      else if (latencyMs <= usefulMs) progress.good++
      done()
    })
  }

  const window = new Window(options.watched ?? {})
  const timer = setInterval(
    () => options.onProgress?.({ atMs: performance.now() - window.startMs, ...progress }),
    progressEveryMs,
  )
  try {
    if (behaviour.kind === 'open') {
      const subjects = Math.max(1, Math.round(usersMax(scenario)))
      const times = arrivals(rateCurve(scenario), plan.spacing ?? 'poisson', random)
      const act = (intendedMs: number, atMs: number) =>
        ask(Math.floor(random() * subjects), intendedMs, atMs, () => {})
      await offer([{ times, act }], durationMs(scenario))
    } else {
      await closedUsers({ users: scenario.users, thinkMs: behaviour.everyMs, random, ask })
    }
    const { p99, count } = lateness.summary()
    const closed = window.close({ latenessP99Ms: count === 0 ? 0 : p99, waited: sender.waited })
    const notes = slow === undefined ? [] : [`slow clients: ${slow.open} open, ${slow.cutOff} cut off`]
    slow?.stop()
    await sender.idle()
    return {
      summary: summaryOf(plan, closed, { total, tallies, notes }),
      seconds: timeline.intervals(),
      hitSeconds: hits.intervals(),
      lateSeconds: lates.intervals(),
      driver: closed.driver,
      connections: connections.openMax,
      cpuMs: closed.cpuMs,
    }
  } finally {
    clearInterval(timer)
    slow?.stop()
    sender.stop()
    await connections.destroy()
  }
}

function note(tally: Tally, ending: Ending, latencyMs: number, expects: Operation['expects']): Fate {
  if ('status' in ending) return tally.answered(ending.status, latencyMs, ending.refusal, expects)
  tally.failed(ending.reason)
  return 'failed'
}

function summaryOf(
  { scenario, target, scale }: Plan,
  { windowMs, driver: { limitedBy } }: ReturnType<Window['close']>,
  {
    total,
    tallies,
    notes,
  }: {
    readonly total: Tally
    readonly tallies: ReadonlyMap<string, Tally>
    readonly notes: readonly string[]
  },
): Summary {
  const all = total.answers()
  return {
    scenario: scenario.name,
    target,
    driver: `the ${scenario.behaviour.kind} loop of bench/load`,
    scale,
    usersMax: usersMax(scenario),
    seconds: windowMs / 1000,
    total: countsOf(all),
    operations: Object.fromEntries([...tallies].map(([name, tally]) => [name, countsOf(tally.answers())])),
    failures: all.failures,
    ...(limitedBy !== undefined && { limitedBy }),
    ...(notes.length > 0 && { notes }),
  }
}

const countsOf = ({ asked, good, refused, ok, shed, failed, latency }: Answers): Counts => {
  const { p50, p90, p99, p999, max } = latency
  return { asked, good, refused, ok, shed, failed, p50, p90, p99, p999, max }
}
