import type { CacheCall } from './cache-call.ts'
import type { Outcome } from './fetch-to-store.ts'
import type { HitForMiss } from './hit-for-miss.ts'
import type { Layers } from './layers.ts'
import { keyInstead } from './viewer.ts'

interface FlightKeysOptions {
  readonly layers: Layers
  readonly hitForMiss: HitForMiss
  readonly now: () => number
}

/** Decides which requests share a fetch. */
export class FlightKeys {
  readonly #options: FlightKeysOptions

  constructor(options: FlightKeysOptions) {
    this.#options = options
  }

  /**
   * Key under which a request shares fetches. Without a viewer it is that of the stored answer. A viewer who may not
   * see the stored copy shares fetches of the copy for such viewers, or else of its own key. For a moment after a fetch
   * whose answer was for its requester alone, every viewer does.
   */
  of({ key, request: { headers }, viewer }: Pick<CacheCall, 'key' | 'request' | 'viewer'>): string {
    const { layers, hitForMiss, now } = this.#options
    if (viewer === undefined) return layers.storageKey(key, headers)
    const hidden = layers.hiddenCopy(key, headers, viewer)
    const shared = hidden === undefined ? key : keyInstead(hidden, viewer)
    return hitForMiss.has(shared, now()) ? viewer.key : shared
  }

  isMarked(flightKey: string, nowMs: number): boolean {
    return this.#options.hitForMiss.has(flightKey, nowMs)
  }

  /** Remembers whether the answer to a fetch under this key could be shared. */
  remember({ key, viewer }: CacheCall, flightKey: string, outcome: Outcome): void {
    const { hitForMiss, now } = this.#options
    const nowMs = now()
    const ownKey = viewer?.key ?? flightKey
    hitForMiss.remember(ownKey, outcome, nowMs)
    if (viewer === undefined) return
    if (outcome.kind === 'entry' && outcome.key === ownKey) hitForMiss.mark(key, nowMs)
    else hitForMiss.remember(key, outcome, nowMs)
  }
}
