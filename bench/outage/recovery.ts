import type { Interval } from '../load/timeline.ts'

/**
 * Seconds from the origin's return to the end of the last second in which a request of these streams failed; 0 if none
 * failed. The second of the return does not count, because it began without an origin.
 *
 * @param returnedAtSeconds since the start of the timelines
 */
export function recoverySeconds(
  timelines: readonly (readonly Interval[])[],
  returnedAtSeconds: number,
): number {
  const first = Math.ceil(returnedAtSeconds)
  const last = Math.max(
    -1,
    ...timelines.map((seconds) => seconds.findLastIndex(({ asked, good }) => good < asked)),
  )
  return last < first ? 0 : last + 1 - returnedAtSeconds
}
