/**
 * Welch's t test (1947): the probability that two sets of samples with the same mean differ at least as much as these.
 * Each set is assumed to be normal; the variances may differ.
 *
 * @returns the two-sided p; 1 if a set has fewer than two samples, or neither varies
 */
export function welchTest(a: readonly number[], b: readonly number[]): number {
  if (a.length < 2 || b.length < 2) return 1
  const [errorA, errorB] = [variance(a) / a.length, variance(b) / b.length]
  if (errorA + errorB === 0) return 1
  const t = (mean(a) - mean(b)) / Math.sqrt(errorA + errorB)
  // Welch and Satterthwaite's degrees of freedom.
  const degrees = (errorA + errorB) ** 2 / (errorA ** 2 / (a.length - 1) + errorB ** 2 / (b.length - 1))
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5)
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

function variance(values: readonly number[]): number {
  const middle = mean(values)
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1)
}

/** Regularized incomplete beta function by Lentz's continued fraction (Abramowitz and Stegun 26.5.8). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  // The fraction converges fast on this side; the other side is its mirror image.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  const front =
    Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x)) / a
  const tiny = 1e-300
  const safe = (value: number) => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / safe(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / safe(1 + even * d)
    c = safe(1 + even / c)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / safe(1 + odd * d)
    c = safe(1 + odd / c)
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-12) break
  }
  return front * fraction
}

/** Lanczos (1964), five terms: good to ten digits for x > 0. */
function logGamma(x: number): number {
  const terms = [
    76.18009172947146, -86.50532032941676, 24.01409824083091, -1.231739572450155, 1.208650973866179e-3,
  ]
  const sum = terms.reduce((total, term, i) => total + term / (x + 1 + i), 1.000000000190015)
  const base = x + 5.5
  return (x + 0.5) * Math.log(base) - base + Math.log((Math.sqrt(2 * Math.PI) * sum) / x)
}
