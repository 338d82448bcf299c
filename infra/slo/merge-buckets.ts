import type { CountBucket } from './count-series.ts'

/** One bucket for each start, with the counts of all priorities. */
export function mergeBuckets(parts: readonly CountBucket[]): readonly CountBucket[] {
  const byStart = new Map<number, CountBucket>()
  for (const { fromMs, counts } of parts) {
    byStart.set(fromMs, { fromMs, counts: { ...byStart.get(fromMs)?.counts, ...counts } })
  }
  return [...byStart.values()]
}
