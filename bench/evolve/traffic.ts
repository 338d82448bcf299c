import { isDeepStrictEqual } from 'node:util'
import { arrivals, steady } from '../load/arrivals.ts'
import { LatencyHistogram } from '../load/latency.ts'
import { offer } from '../load/offer.ts'
import type { Random } from '../load/random.ts'
import type { Answer, Fleet } from './fleet.ts'
import type { Asked } from './shops.ts'

/** Answers to the load in one phase. Latency counts from the time that was planned for a request. */
export class Tally {
  asked = 0
  ok = 0
  shed = 0
  /** Lists of the load that had other documents than they must. */
  wrongLists = 0
  readonly failures = new Map<string, number>()
  readonly latency = new LatencyHistogram()
  /** Delay with which requests left: above a few ms, the driver was the limit. */
  readonly lateness = new LatencyHistogram()

  get failed(): number {
    return [...this.failures.values()].reduce((sum, count) => sum + count, 0)
  }

  add({ ids }: Asked, { status, json }: Answer, latencyMs: number): void {
    if (status === 200 || status === 201) {
      this.ok += 1
      this.latency.record(latencyMs)
      if (ids !== undefined && !isDeepStrictEqual(idsIn(json), ids)) this.wrongLists += 1
    } else if ((status === 503 || status === 429) && json.code !== 'index-unready') this.shed += 1
    else {
      const reason = `${status} ${json?.code ?? ''}`
      this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1)
    }
  }
}

const idsIn = ({ items }: { readonly items: readonly { readonly id: string }[] }) => items.map(({ id }) => id)

/** Answers a second to callers who ask again at once. */
export async function capacityOf(
  fleet: Fleet,
  next: () => Asked,
  { callers, ms }: { readonly callers: number; readonly ms: number },
): Promise<number> {
  const tally = new Tally()
  const sinceMs = performance.now()
  const call = async () => {
    while (performance.now() - sinceMs < ms) {
      const asked = next()
      const answer = await fleet.send(asked)
      if (answer !== undefined) tally.add(asked, answer, 1)
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  return (tally.ok * 1000) / (performance.now() - sinceMs)
}

/** Requests in an open loop, until they are stopped. Each counts for the phase in which it left. */
export class Traffic {
  tally = new Tally()
  #isStopped = false
  readonly #running = new Set<Promise<void>>()
  readonly #loop: Promise<void>

  constructor(fleet: Fleet, next: () => Asked, perSecond: number, random: Random) {
    this.#loop = this.#run(fleet, next, perSecond, random)
  }

  /** Begins another phase. */
  phase(): Tally {
    this.tally = new Tally()
    return this.tally
  }

  /** Resolves when the last request has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#loop
    await Promise.all(this.#running)
  }

  async #run(fleet: Fleet, next: () => Asked, perSecond: number, random: Random): Promise<void> {
    const act = (intendedMs: number) => {
      const sent = this.#send(fleet, next(), intendedMs).finally(() => this.#running.delete(sent))
      this.#running.add(sent)
    }
    // A second at a time, because nobody knows how long a release takes.
    while (!this.#isStopped)
      await offer([{ times: arrivals(steady(perSecond, 1_000), 'poisson', random), act }], 1_000)
  }

  async #send(fleet: Fleet, asked: Asked, intendedMs: number): Promise<void> {
    const { tally } = this
    tally.asked += 1
    tally.lateness.record(performance.now() - intendedMs)
    const answer = await fleet.send(asked)
    if (answer !== undefined) tally.add(asked, answer, performance.now() - intendedMs)
  }
}
