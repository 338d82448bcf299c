import type { LogLine } from '../why/edge-log.ts'
import type { CountBucket } from './count-series.ts'

/** Counts in the lines of `LOG=totals` of the edge's log, one bucket a line. Lines of an older edge have none. */
export function countsInLog(lines: readonly LogLine[]): readonly CountBucket[] {
  return lines.flatMap(({ entry }) => {
    if (entry.kind !== 'totals' || typeof entry.slo !== 'object' || entry.slo === null) return []
    // The cast is safe: the edge writes its totals in this form (`edge/src/observe/totals.ts`).
    return [{ fromMs: Number(entry.fromMs), counts: entry.slo as CountBucket['counts'] }]
  })
}
