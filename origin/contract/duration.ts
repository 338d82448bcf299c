const secondsPerUnit = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** A duration with a unit: `30s`, `5m`, `2h`, `1d`. */
export type Duration = `${number}${keyof typeof secondsPerUnit}`

/** Converts a duration to whole seconds. @throws {RangeError} unless it is a non-negative integer with a unit */
export function durationSeconds(duration: string): number {
  const seconds = secondsIn(duration)
  if (seconds === undefined) throw new RangeError(notADuration(duration))
  return seconds
}

/**
 * Finds the mistake in an option of a definition that is a duration.
 *
 * @param range shortest and longest duration. @default any
 */
export function* checkDuration(
  option: string,
  duration: string | undefined,
  range?: readonly [min: string, max: string],
): Generator<string> {
  if (duration === undefined) return
  const seconds = secondsIn(duration)
  if (seconds === undefined) {
    yield `${option}: ${notADuration(duration)}`
    return
  }
  if (range === undefined) return
  const [min, max] = range
  if (seconds < durationSeconds(min) || seconds > durationSeconds(max)) {
    yield `${option} '${duration}' must be from ${min} to ${max}`
  }
}

function secondsIn(duration: string): number | undefined {
  const match = /^(\d{1,9})([smhd])$/.exec(duration)
  // The cast is safe: the pattern allows only these units.
  return match === null
    ? undefined
    : Number(match[1]) * secondsPerUnit[match[2] as keyof typeof secondsPerUnit]
}

const notADuration = (duration: string): string => `'${duration}' is not a duration such as 30s, 5m, 2h or 1d`
