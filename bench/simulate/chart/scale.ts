/** Scale of an axis: the position of a value, 0 to 1, and the values of its ticks. */
export interface Scale {
  readonly position: (value: number) => number
  readonly ticks: readonly number[]
}

/** From 0 to at least `max`, with about `count` round steps. */
export function linear(max: number, count = 3): Scale {
  const rough = Math.max(max, 1e-9) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power
  const steps = Math.max(1, Math.ceil(max / step - 1e-9))
  const top = steps * step
  return {
    position: (value) => Math.min(1, Math.max(0, value / top)),
    ticks: Array.from({ length: steps + 1 }, (_, index) => index * step),
  }
}

/** Powers of ten around the values; what is below the least lies on it. */
export function logarithmic(min: number, max: number): Scale {
  const from = Math.floor(Math.log10(min))
  const to = Math.max(from + 1, Math.ceil(Math.log10(max) - 1e-9))
  return {
    position: (value) => Math.min(1, Math.max(0, (Math.log10(Math.max(value, 1e-12)) - from) / (to - from))),
    ticks: Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index)),
  }
}

/** 1,200,000 → 1.2M */
export const short = (value: number): string =>
  new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 }).format(value)
