/**
 * Whether `Number` would turn a JSON number (RFC 8259 §6) into one with another meaning: infinity, another integer, or
 * an integer instead of a fraction. Fractions and large numbers with an exponent are rounded by nature (RFC 7493 §2.2),
 * and are accepted.
 */
export function losesDigits(text: string): boolean {
  const value = Number(text)
  if (!Number.isFinite(value)) return true
  if (!Number.isInteger(value)) return false
  // perf: checks the length first, because a body may hold tens of thousands of numbers.
  if (value === 0) return significantCount(text) > 0
  if (text.length <= digitsKept) return false
  if (/^-?\d+$/.test(text)) return !Number.isSafeInteger(value)
  if (significantCount(text) <= digitsKept) return false
  return Number.isSafeInteger(value) && significantDigits(text) !== significantDigits(String(value))
}

/** Decimal digits that a double keeps (IEEE 754, binary64). */
const digitsKept = 15

/** Length of {@link significantDigits}. */
function significantCount(text: string): number {
  let count = 0
  let zeros = 0
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charCodeAt(index)
    if (char === 0x45 || char === 0x65) break
    if (char === 0x30) zeros += count > 0 ? 1 : 0
    else if (char > 0x30 && char <= 0x39) {
      count += zeros + 1
      zeros = 0
    }
  }
  return count
}

/** Digits without sign, point, exponent, and leading and trailing zeros. */
function significantDigits(text: string): string {
  const end = text.search(/[eE]/)
  const digits = (end === -1 ? text : text.slice(0, end)).replace(/[-.]/g, '')
  let first = 0
  while (digits[first] === '0') first += 1
  let last = digits.length
  while (last > first && digits[last - 1] === '0') last -= 1
  return digits.slice(first, last)
}

/** The range of integers that a double holds exactly, as keywords of JSON Schema. */
export const exactIntegers = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER } as const
