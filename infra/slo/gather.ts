import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import type { Slo } from '@spillway/origin/contract'
import type { AskAnalytics } from '../cloudflare/ask-cloudflare.ts'
import { parseLog } from '../why/edge-log.ts'
import { countsInAnalytics } from './analytics-counts.ts'
import { budgetsOf } from './budget.ts'
import { countsInCloudWatch } from './cloudwatch-counts.ts'
import type { CountBucket } from './count-series.ts'
import { countsInLog } from './log-counts.ts'
import type { TierBudgets } from './report.ts'

const hourMs = 3_600_000
const fineSeconds = 300

/** Budgets of the edge on this machine, by the texts of its logs. */
export const budgetsOfLogs = (logs: readonly string[], slo: Slo, nowMs: number): TierBudgets =>
  tierBudgets('edge', countsInLog(logs.flatMap(parseLog)), slo, nowMs)

/** Budgets of a stage's origins. */
export async function budgetsOfOrigins(
  client: Pick<CloudWatchClient, 'send'>,
  stage: string,
  slo: Slo,
  nowMs: number,
): Promise<TierBudgets> {
  const buckets = spansOf(slo, nowMs).map((span) => countsInCloudWatch(client, { stage, ...span }))
  return tierBudgets('origin', (await Promise.all(buckets)).flat(), slo, nowMs)
}

/** Budgets of a stage's edge. */
export async function budgetsOfEdge(
  ask: AskAnalytics,
  dataset: string,
  slo: Slo,
  nowMs: number,
): Promise<TierBudgets> {
  const buckets = spansOf(slo, nowMs).map((span) => countsInAnalytics(ask, slo, { dataset, ...span }))
  return tierBudgets('edge', (await Promise.all(buckets)).flat(), slo, nowMs)
}

/** The period in two parts: whole hours, and what the short windows of the rules look at in buckets of five minutes. */
function spansOf({ days }: Slo, nowMs: number) {
  const splitMs = Math.floor(nowMs / hourMs) * hourMs - 6 * hourMs
  return [
    { fromMs: splitMs - days * 24 * hourMs, toMs: splitMs, seconds: 3_600 },
    { fromMs: splitMs, toMs: nowMs, seconds: fineSeconds },
  ] as const
}

function tierBudgets(tier: string, buckets: readonly CountBucket[], slo: Slo, nowMs: number): TierBudgets {
  const sinceMs = buckets.reduce<number | undefined>(
    (oldest, { fromMs }) => Math.min(oldest ?? fromMs, fromMs),
    undefined,
  )
  return { tier, sinceMs, budgets: budgetsOf(buckets, slo, nowMs) }
}
