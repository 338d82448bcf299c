import type { Outcome } from './fetch-to-store.ts'

/** A timer that can be cancelled. */
export type Wait = (ms: number) => { readonly over: Promise<void>; readonly cancel: () => void }

/** Longest time that the runtime grants a leader's `waitUntil` after its answer has gone out. */
const lifeMsMax = 30_000

export const timerWait: Wait = (ms) => {
  let timer: ReturnType<typeof setTimeout>
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  return { over, cancel: () => clearTimeout(timer) }
}

export interface Flight {
  readonly outcome: Promise<Outcome>
  readonly startedAtMs: number
  /**
   * Rank of the leader. Infinite for a background refresh: it is shed first, so its failure decides nothing for others.
   */
  readonly rank: number
}

/**
 * Request collapsing, one fetch per key: a request for an answer that is already being fetched waits for it, within a
 * bound. Only plain data is shared. The fetch belongs to its leader's `waitUntil`, so it finishes even when the
 * leader's client has left.
 */
export class Flights {
  readonly #flights = new Map<string, Flight>()
  readonly #wait: Wait

  constructor(wait: Wait) {
    this.#wait = wait
  }

  /** The current fetch. One beyond the maximum age was lost with its leader's request context. */
  get(key: string, nowMs: number): Flight | undefined {
    const flight = this.#flights.get(key)
    return flight !== undefined && nowMs - flight.startedAtMs < lifeMsMax ? flight : undefined
  }

  /** @param fly never rejects: a failure is an outcome */
  start(
    key: string,
    leader: Pick<Flight, 'startedAtMs' | 'rank'>,
    waitUntil: (work: Promise<unknown>) => void,
    fly: () => Promise<Outcome>,
  ): Flight {
    const outcome = fly().finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    })
    const flight: Flight = { outcome, ...leader }
    this.#flights.set(key, flight)
    waitUntil(outcome)
    return flight
  }

  /** @returns `undefined` when the wait was too long */
  async join(fetched: Promise<Outcome>, waitMs: number): Promise<Outcome | undefined> {
    const { over, cancel } = this.#wait(waitMs)
    try {
      return await Promise.race([fetched, over.then(() => undefined)])
    } finally {
      cancel()
    }
  }
}

/**
 * The outcome of the newest of several fetches for one key, or an earlier fetch's shareable answer if that comes first.
 */
export function firstOf(flights: readonly Flight[]): Promise<Outcome> {
  const [newest, ...older] = flights.map(({ outcome }) => outcome).reverse()
  if (newest === undefined) throw new RangeError('at least one flight')
  return older.length === 0 ? newest : Promise.race([newest, ...older.map(shareableOf)])
}

/** Never settles when the outcome cannot be shared. */
export async function shareableOf(outcome: Promise<Outcome>): Promise<Outcome> {
  const landed = await outcome
  return landed.kind === 'entry' ? landed : await new Promise<never>(() => {})
}
