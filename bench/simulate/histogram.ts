const binsPerDecade = 40
const lowestMs = 0.01
const bins = binsPerDecade * 7

/**
 * Latencies in bins of 6 %, from 0.01 ms to 100 s, with weights: one simulated process stands for many. Unlike an HDR
 * histogram it can be merged with any weight.
 */
export class Histogram {
  readonly #weights = new Float64Array(bins)
  #total = 0
  #max = 0

  get total(): number {
    return this.#total
  }

  /** The largest value, exactly; 0 if empty. */
  get max(): number {
    return this.#max
  }

  add(ms: number, weight = 1): void {
    if (weight <= 0) return
    const slot = slotOf(ms)
    // The cast is safe: each slot has a weight.
    this.#weights[slot] = (this.#weights[slot] as number) + weight
    this.#total += weight
    this.#max = Math.max(this.#max, ms)
  }

  /** Adds another distribution, scaled to `weight`, with `shiftMs` added to each value. */
  merge(other: Histogram, weight: number, shiftMs = 0): void {
    if (other.#total === 0 || weight <= 0) return
    const scale = weight / other.#total
    const slots = shifted(shiftMs)
    // The casts are safe: `from` and what it is shifted to are slots.
    for (let from = 0; from < bins; from += 1) {
      const share = other.#weights[from] as number
      if (share === 0) continue
      const to = slots[from] as number
      this.#weights[to] = (this.#weights[to] as number) + share * scale
    }
    this.#total += weight
    this.#max = Math.max(this.#max, other.#max + shiftMs)
  }

  /** Share of the values that are above a limit once `shiftMs` is added to each; 0 if empty. */
  shareAbove(ms: number, shiftMs = 0): number {
    if (this.#total === 0) return 0
    if (ms <= shiftMs) return 1
    let weight = 0
    // The cast is safe: each slot has a weight.
    for (let slot = slotOf(ms - shiftMs) + 1; slot < bins; slot += 1) weight += this.#weights[slot] as number
    return weight / this.#total
  }

  /** @returns `NaN` if empty, since 0 would look fast */
  quantile(q: number): number {
    if (this.#total === 0) return Number.NaN
    let left = q * this.#total
    // The cast is safe: each slot has a weight.
    for (let slot = 0; slot < bins; slot += 1) {
      left -= this.#weights[slot] as number
      if (left <= 0) return Math.min(this.#max, middle(slot))
    }
    return this.#max
  }
}

const middles = Float64Array.from(
  { length: bins },
  (_, slot) => lowestMs * 10 ** ((slot + 0.5) / binsPerDecade),
)
// The cast is safe: slots are indexes of the list.
const middle = (slot: number): number => middles[slot] as number

function slotOf(ms: number): number {
  const bin = Math.floor(Math.log10(ms / lowestMs) * binsPerDecade)
  return Math.min(bins - 1, Math.max(0, bin))
}

const shifts = new Map<number, Int32Array>()

/** Target of each bin when all its values grow by `shiftMs`. */
function shifted(shiftMs: number): Int32Array {
  const known = shifts.get(shiftMs)
  if (known !== undefined) return known
  const slots = Int32Array.from({ length: bins }, (_, slot) =>
    shiftMs === 0 ? slot : slotOf(middle(slot) + shiftMs),
  )
  shifts.set(shiftMs, slots)
  return slots
}
