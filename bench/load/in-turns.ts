import { performance } from 'node:perf_hooks'
import { Connections } from './connections.ts'
import { holdWorkload } from './hold-workload.ts'
import { seededRandom } from './random.ts'
import type { LoadReport, TurnsJob } from './report.ts'
import { Sender } from './sender.ts'
import { Tally } from './tally.ts'
import { checkTarget } from './target-guard.ts'
import { Window } from './window.ts'
import type { Asking } from './workload.ts'

type Loop = TurnsJob['loops'][number]

/**
 * Closed loops that take turns of a fraction of a second until each has run for its time. A shared processor changes
 * its speed by half from one second to the next; short turns spread such a change over all loops. A turn ends with its
 * last answer, and connections stay open between turns.
 *
 * The watched processes of a loop must be its own: everything that they do in the window counts for it, also work such
 * as garbage collection that the runtime does during the turns of others.
 */
export async function runInTurns(job: TurnsJob, onWindow = () => {}): Promise<readonly LoadReport[]> {
  const { loops, turnMs, warmupMs, windowMs } = job
  const crowds: Crowd[] = []
  try {
    for (const loop of loops) crowds.push(await Crowd.of(loop))
    await takeTurns(crowds, warmupMs, turnMs)
    onWindow()
    const tallies = crowds.map((crowd) => crowd.countFromNowOn())
    const windows = loops.map(({ watched }) => new Window(watched))
    const spentMs = await takeTurns(crowds, windowMs, turnMs)
    const closed = windows.map((window) => window.close({ latenessP99Ms: 0, waited: 0 }))
    return loops.map(({ connections }, i): LoadReport => {
      // The casts are safe: each loop has a tally, a window and a time.
      const total = (tallies[i] as Tally).answers()
      const state = closed[i] as ReturnType<Window['close']>
      return {
        ...state,
        windowMs: spentMs[i] as number,
        total,
        streams: { all: total },
        timelines: {},
        connections,
      }
    })
  } finally {
    for (const crowd of crowds) await crowd.stop()
  }
}

/** @returns time that each loop has run, in ms */
async function takeTurns(
  crowds: readonly Crowd[],
  ofEachMs: number,
  turnMs: number,
): Promise<readonly number[]> {
  const spentMs = crowds.map(() => 0)
  for (let turn = 0; turn * turnMs < ofEachMs; turn++) {
    for (let place = 0; place < crowds.length; place++) {
      // Runs the loops forward, then backward: neighbours in the order are neighbours in time, and neither is always
      // the later one.
      const i = turn % 2 === 0 ? place : crowds.length - 1 - place
      // The casts are safe: `i` is an index of the crowds, each of which has a time.
      spentMs[i] = (spentMs[i] as number) + (await (crowds[i] as Crowd).askFor(turnMs))
    }
  }
  return spentMs
}

/** Users of one loop: during its turn, each sends its next request when the last one is answered. */
class Crowd {
  readonly #users: number
  readonly #connections: Connections
  readonly #sender: Sender
  readonly #workload: Asking
  readonly #release: () => void
  #tally = new Tally()
  #untilMs = 0

  private constructor(target: string, users: number, workload: Asking, release: () => void) {
    this.#users = users
    this.#connections = new Connections(target, { min: users, max: users })
    this.#sender = new Sender(this.#connections, 10_000)
    this.#workload = workload
    this.#release = release
  }

  static async of(loop: Loop): Promise<Crowd> {
    const target = checkTarget(loop.target, loop.iOwnThisTarget).origin
    const { workload, stop } = await holdWorkload({ ...loop, target }, seededRandom(loop.seed))
    return new Crowd(target, loop.connections, workload, stop)
  }

  countFromNowOn(): Tally {
    this.#tally = new Tally()
    return this.#tally
  }

  /** @returns time until the last answer, in ms */
  async askFor(ms: number): Promise<number> {
    const startMs = performance.now()
    this.#untilMs = startMs + ms
    for (let user = 0; user < this.#users; user++) this.#ask(user)
    await this.#sender.idle()
    return performance.now() - startMs
  }

  async stop(): Promise<void> {
    this.#release()
    this.#sender.stop()
    await this.#connections.destroy()
  }

  #ask(user: number): void {
    const startMs = performance.now()
    if (startMs >= this.#untilMs) return
    const tally = this.#tally
    tally.asked()
    const step = this.#workload.next(user)
    this.#sender.send(step, startMs, (ending, latencyMs) => {
      if ('reason' in ending) {
        // Waits for the next turn, since retries to a dead target would never end.
        tally.failed(ending.reason)
        return
      }
      tally.answered(ending.status, latencyMs, ending.refusal, step.expects)
      this.#ask(user)
    })
  }
}
