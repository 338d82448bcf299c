const secondsPerUnit = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** A duration with a unit: `30s`, `5m`, `2h`, `1d`. */
export type Duration = `${number}${keyof typeof secondsPerUnit}`

/** Converts a duration to whole seconds. @throws {RangeError} unless it is a non-negative integer with a unit */
export function durationSeconds(duration: string): number {
  const match = /^(\d{1,9})([smhd])$/.exec(duration)
  if (match === null) throw new RangeError(`'${duration}' is not a duration such as 30s, 5m, 2h or 1d`)
  return Number(match[1]) * secondsPerUnit[match[2] as keyof typeof secondsPerUnit]
}
