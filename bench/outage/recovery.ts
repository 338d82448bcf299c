import type { Second } from '../load/report.ts'

/**
 * Seconds from the origin's return to the end of the last second in which any request of these streams was not answered
 * well; 0 where none failed afterwards. The second in which it returned does not count: it began without an origin.
 *
 * @param returnedAtSeconds since the start of the timelines
 */
export function recoverySeconds(
  timelines: readonly (readonly Second[])[],
  returnedAtSeconds: number,
): number {
  const first = Math.ceil(returnedAtSeconds)
  const last = Math.max(
    -1,
    ...timelines.map((seconds) => seconds.findLastIndex(({ asked, good }) => good < asked)),
  )
  return last < first ? 0 : last + 1 - returnedAtSeconds
}
