import { isPriority, type Slo } from '@spillway/origin/contract'
import { type SloSpan, sloQuery } from '../dashboards/queries.ts'
import type { CountBucket } from './count-series.ts'
import { mergeBuckets } from './merge-buckets.ts'

/** Access to the data points of an account: a token with the permission `Account Analytics: Read`, and no more. */
export interface AnalyticsAccess {
  readonly accountId: string
  readonly apiToken: string
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** @default Cloudflare's */
  readonly api?: string
}

const timeoutMs = 20_000

/**
 * Counts of the edge in Analytics Engine, by its SQL API (developers.cloudflare.com, Analytics Engine, SQL API).
 *
 * @throws {Error} with the answer's status; never with the token
 */
export async function countsInAnalytics(
  { accountId, apiToken, fetch, api = 'https://api.cloudflare.com/client/v4' }: AnalyticsAccess,
  slo: Slo,
  span: SloSpan,
): Promise<readonly CountBucket[]> {
  const answer = await fetch(`${api}/accounts/${accountId}/analytics_engine/sql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiToken}` },
    body: sloQuery(slo, span),
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (!answer.ok) {
    await answer.body?.cancel()
    throw new Error(
      `Analytics Engine answered ${answer.status}: check account id, token and data set ${span.dataset}`,
    )
  }
  // The cast is safe: `FORMAT JSON` answers in this form, numbers of 64 bits as text.
  const { data } = (await answer.json()) as { data: readonly Record<string, string | number>[] }
  return mergeBuckets(
    data.flatMap(({ priority, start, answers, failed, timed, slow }) => {
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
