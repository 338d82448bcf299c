import type { Outcome } from './fetch-to-store.ts'

/** A timer that can be called off. */
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
  /** Its leader's; infinite where nobody leads: it is shed before anyone, so its failure decides nothing for others. */
  readonly rank: number
}

/**
 * One flight per key: whoever needs what is already being fetched waits for it, with a bound, instead of fetching too.
 * Only plain data is shared. The flight belongs to its leader's `waitUntil`, so it ends even when the leader's client
 * has gone.
 */
export class Flights {
  readonly #flights = new Map<string, Flight>()
  readonly #wait: Wait

  constructor(wait: Wait) {
    this.#wait = wait
  }

  /** The flight under way. One that is older than any may be was lost together with its leader's context. */
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

  /** @returns `undefined` when the wait was in vain */
  async join(fetched: Promise<Outcome>, waitMs: number): Promise<Outcome | undefined> {
    const { over, cancel } = this.#wait(waitMs)
    try {
      return await Promise.race([fetched, over.then(() => undefined)])
    } finally {
      cancel()
    }
  }
}

/** The outcome of the newest of several flights for one key, or before that an answer of an older one for everybody. */
export function firstOf(flights: readonly Flight[]): Promise<Outcome> {
  const [newest, ...older] = flights.map(({ outcome }) => outcome).reverse()
  if (newest === undefined) throw new RangeError('at least one flight')
  return older.length === 0 ? newest : Promise.race([newest, ...older.map(shareableOf)])
}

/** Never settles where the outcome is of no use to others. */
export async function shareableOf(outcome: Promise<Outcome>): Promise<Outcome> {
  const landed = await outcome
  return landed.kind === 'entry' ? landed : await new Promise<never>(() => {})
}
