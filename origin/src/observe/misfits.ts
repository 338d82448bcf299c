import type { Misfit } from '../store/codec/layouts.ts'

interface Kind extends Misfit {
  count: number
}

/** Maximum distinct kinds. There are as many as fields times types; others are not counted. */
const kindsMax = 500

/**
 * Misfits that reads have left out, by resource, field and type. They are counted each time, and reported once: a list of
 * a thousand old documents has a thousand.
 */
export class Misfits {
  readonly #kinds = new Map<string, Kind>()
  readonly #onFirst: (misfit: Misfit) => void

  /** @param onFirst called at the first misfit of a kind */
  constructor(onFirst: (misfit: Misfit) => void) {
    this.#onFirst = onFirst
  }

  /** Counts a misfit. */
  readonly add = (misfit: Misfit): void => {
    const key = JSON.stringify([misfit.resource, misfit.path, misfit.type])
    const known = this.#kinds.get(key)
    if (known !== undefined) known.count += 1
    else if (this.#kinds.size < kindsMax) {
      this.#kinds.set(key, { ...misfit, count: 1 })
      this.#onFirst(misfit)
    }
  };

  /** Totals since the start, for metrics. */
  *totals(): Generator<Kind> {
    yield* this.#kinds.values()
  }
}
