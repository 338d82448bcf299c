import { isPriority, type Slo } from '@spillway/origin/contract'
import type { AskAnalytics } from '../cloudflare/ask-cloudflare.ts'
import { type SloSpan, sloQuery } from '../src/edge-queries.ts'
import type { CountBucket } from './count-series.ts'
import { mergeBuckets } from './merge-buckets.ts'

/** Counts of the edge in Analytics Engine. */
export async function countsInAnalytics(
  ask: AskAnalytics,
  slo: Slo,
  span: SloSpan,
): Promise<readonly CountBucket[]> {
  const rows = await ask(sloQuery(slo, span))
  return mergeBuckets(
    rows.flatMap(({ priority, start, answers, failed, timed, slow }) => {
      if (!isPriority(priority)) return []
      const counts = {
        answers: Number(answers),
        failed: Number(failed),
        timed: Number(timed),
        slow: Number(slow),
      }
      return [{ fromMs: Number(start) * 1_000, counts: { [priority]: counts } }]
    }),
  )
}
