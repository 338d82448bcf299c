import { performance } from 'node:perf_hooks'
import { arrivals, steady } from './arrivals.ts'
import { Connections } from './connections.ts'
import type { Fate } from './fate.ts'
import { holdWorkload } from './hold-workload.ts'
import { LatencyHistogram } from './latency.ts'
import { offer, type Schedule } from './offer.ts'
import { type Random, seededRandom } from './random.ts'
import type { LoadReport, OpenJob, Stream } from './report.ts'
import { type Ending, type OnEnding, Sender } from './sender.ts'
import { Tally } from './tally.ts'
import { checkTarget } from './target-guard.ts'
import { Timeline } from './timeline.ts'
import { Window } from './window.ts'
import type { Asking, Step } from './workload.ts'

/**
 * Open loop: requests leave at planned times, whether or not earlier ones were answered, and latency is counted from
 * the planned time. A slow server gets no fewer requests for being slow, and waiting in the driver counts as latency
 * (coordinated omission: G. Tene, "How NOT to Measure Latency", 2015).
 */
export async function runOpenLoop(job: OpenJob, onWindow = () => {}): Promise<LoadReport> {
  const { connectionsMin = 0, connectionsMax, streams, timeoutMs, usefulMs, warmupMs } = job
  const windowMs = Math.max(...streams.map(({ curve }) => curve.at(-1)?.atMs ?? 0))
  const connections = new Connections(checkTarget(job.target, job.iOwnThisTarget).origin, {
    min: connectionsMin,
    max: connectionsMax,
  })
  const sender = new Sender(connections, timeoutMs)
  const crowds: Users[] = []
  try {
    for (const [i, stream] of streams.entries()) crowds.push(await Users.of(stream, job, i))
    await openConnections(connectionsMin, sender, crowds)
    await offer(
      crowds.map((users) =>
        users.schedule(steady(users.stream.curve[0]?.perSecond ?? 0, warmupMs), sender, unwatched),
      ),
      warmupMs,
    )

    const total = new Tally(usefulMs)
    const tallies = new Map(streams.map(({ name }) => [name, new Tally(usefulMs)]))
    const timelines = new Map(streams.map(({ name }) => [name, new Timeline({ ...job.timeline, usefulMs })]))
    const lateness = new LatencyHistogram()
    const schedules = crowds.map((users) => {
      const { ageSecondsMax = Number.POSITIVE_INFINITY, name } = users.stream
      // The cast is safe: each stream has a tally.
      const both = [total, tallies.get(name) as Tally]
      return users.schedule(users.stream.curve, sender, ({ expects }, intendedMs, atMs) => {
        lateness.record(performance.now() - intendedMs)
        for (const tally of both) tally.asked()
        return (ending, latencyMs) => {
          const fates = both.map((tally) => note(tally, ending, latencyMs, { ageSecondsMax, expects }))
          timelines.get(name)?.record(atMs, fates[0] ?? 'failed', latencyMs)
        }
      })
    })
    sender.waited = 0
    onWindow()
    const window = new Window(job.watched)
    await offer(schedules, windowMs)
    const { p99, count } = lateness.summary()
    const closed = window.close({ latenessP99Ms: count === 0 ? 0 : p99, waited: sender.waited })
    await sender.idle()

    return {
      ...closed,
      total: total.answers(),
      streams: Object.fromEntries([...tallies].map(([name, tally]) => [name, tally.answers()])),
      timelines: Object.fromEntries([...timelines].map(([name, timeline]) => [name, timeline.intervals()])),
      connections: connections.openMax,
    }
  } finally {
    sender.stop()
    for (const users of crowds) users.stop()
    await connections.destroy()
  }
}

interface Proper extends Pick<Step, 'expects'> {
  readonly ageSecondsMax: number
}

function note(tally: Tally, ending: Ending, latencyMs: number, { ageSecondsMax, expects }: Proper): Fate {
  if ('reason' in ending) {
    tally.failed(ending.reason)
    return 'failed'
  }
  tally.aged(ending.ageSeconds, ageSecondsMax)
  return tally.answered(ending.status, latencyMs, ending.refusal, expects)
}

/** Called when a request leaves; the returned function is called when it ends. */
type Watch = (step: Step, intendedMs: number, atMs: number) => OnEnding

const unwatched: Watch = () => () => {}

/** All users of one stream. */
class Users {
  readonly stream: Stream
  readonly stop: () => void
  readonly #workload: Asking
  readonly #random: Random

  private constructor(stream: Stream, workload: Asking, random: Random, stop: () => void) {
    this.stream = stream
    this.stop = stop
    this.#workload = workload
    this.#random = random
  }

  static async of(stream: Stream, job: OpenJob, index: number): Promise<Users> {
    const random = seededRandom(job.seed * 1_000 + index)
    const { ids, target } = job
    const { workload, stop } = await holdWorkload({ ids, target, ...stream }, random)
    return new Users(stream, workload, random, stop)
  }

  next(): Step {
    return this.#workload.next(Math.floor(this.#random() * 1_000_000))
  }

  schedule(curve: Stream['curve'], sender: Sender, watch: Watch): Schedule {
    return {
      times: arrivals(curve, this.stream.spacing, this.#random),
      act: (intendedMs, atMs) => {
        const step = this.next()
        sender.send(step, intendedMs, watch(step, intendedMs, atMs))
      },
    }
  }
}

/** Opens connections a few at a time: a listen queue is short. */
async function openConnections(count: number, sender: Sender, [users]: readonly Users[]): Promise<void> {
  const atOnce = 200
  for (let opened = 0; opened < count; opened += atOnce) {
    for (let i = opened; i < Math.min(count, opened + atOnce); i++) {
      if (users !== undefined) sender.send(users.next(), performance.now(), () => {})
    }
    await sender.idle()
  }
}
