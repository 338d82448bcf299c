import { noRequestControl, type RequestControl } from '../policy/request-control.ts'
import { reuse } from '../policy/reuse.ts'
import { BackOff } from './back-off.ts'
import type { CacheCall } from './cache-call.ts'
import type { Entry } from './entry.ts'
import { discard, hasFailed, type Outcome } from './fetch-to-store.ts'
import type { FlightKeys } from './flight-keys.ts'
import type { Flight, Flights } from './flights.ts'
import type { Layers } from './layers.ts'

/**
 * Result of fetching a key that nobody waits for. `held`: a stored answer or a fetch under way made it needless.
 * `refused`: the origin was not asked, or failed.
 */
export type Warmed = 'warmed' | 'held' | 'refused'

export interface BackgroundOptions {
  readonly layers: Layers
  readonly flights: Flights
  readonly flightKeys: FlightKeys
  readonly now: () => number
  readonly fly: (
    call: CacheCall,
    flightKey: string,
    entry: Entry | undefined,
    how: { readonly control: RequestControl; readonly background: true },
  ) => Flight
  /** Bounds of the keys that rest after a failure. */
  readonly room: { readonly countMax: number; readonly bytesMax: number }
}

/** Fetches that no reader waits for: at most one for each key, and none for a key that rests after a failure. */
export class Background {
  readonly #options: BackgroundOptions
  readonly #rests: BackOff

  constructor(options: BackgroundOptions) {
    this.#options = options
    this.#rests = new BackOff(options.room)
  }

  /** Refreshes a stored answer (RFC 5861 §3, or early). */
  refresh(call: CacheCall, entry: Entry): void {
    entry.refreshDue = false
    this.#start(call, entry)?.outcome.then(discard)
  }

  /** Fetches an answer that is not stored, or no longer usable without validation. */
  async warm(call: CacheCall): Promise<Warmed> {
    const { layers, now } = this.#options
    const entry = await layers.checkedInMemory(call)
    if (entry !== undefined && reuse(entry.policy, now()) !== 'validate') return 'held'
    const outcome = await this.#start(call, entry)?.outcome
    if (outcome === undefined) return 'held'
    discard(outcome)
    if (hasFailed(outcome)) return 'refused'
    return outcome.kind === 'entry' && outcome.forwarded === undefined ? 'held' : 'warmed'
  }

  /** Called when a background fetch has ended. */
  ended(flightKey: string, outcome: Outcome): void {
    this.#rests.ended(flightKey, this.#options.now(), hasFailed(outcome))
  }

  #start(call: CacheCall, entry: Entry | undefined): Flight | undefined {
    const { flights, flightKeys, fly, now } = this.#options
    const flightKey = flightKeys.of(call)
    const nowMs = now()
    if (flights.get(flightKey, nowMs) !== undefined || this.#rests.isResting(flightKey, nowMs))
      return undefined
    return fly(call, flightKey, entry, { control: noRequestControl, background: true })
  }
}
