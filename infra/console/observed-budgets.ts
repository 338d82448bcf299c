import { readFile } from 'node:fs/promises'
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import type { Slo } from '@spillway/origin/contract'
import { messageOf } from '@spillway/origin/dev/message-of'
import type { AskAnalytics } from '../cloudflare/ask-cloudflare.ts'
import { budgetsOfEdge, budgetsOfLogs, budgetsOfOrigins } from '../slo/gather.ts'
import type { TierBudgets } from '../slo/report.ts'

/** Error budgets of the tiers whose counts could be read. */
export interface ObservedBudgets {
  /** Length of their period. */
  readonly days: number
  readonly tiers: readonly TierBudgets[]
  /** Tiers whose counts could not be read, each with the reason. */
  readonly blind: readonly string[]
}

/** @param logs files of the edge's log on this machine; one that is not there has no counts */
export async function localBudgets(logs: readonly string[], slo: Slo): Promise<ObservedBudgets> {
  const texts = await Promise.all(logs.map((file) => readFile(file, 'utf8').catch(() => '')))
  return { days: slo.days, tiers: [budgetsOfLogs(texts, slo, Date.now())], blind: [] }
}

/** Readers of a stage's counts: Analytics Engine for the edge, CloudWatch for the origins. */
export interface CountReaders {
  readonly stage: string
  readonly dataset: string
  readonly analytics: AskAnalytics
  readonly metrics: Pick<CloudWatchClient, 'send'>
}

export async function stageBudgets(
  { stage, dataset, analytics, metrics }: CountReaders,
  slo: Slo,
): Promise<ObservedBudgets> {
  const nowMs = Date.now()
  const [edge, origins] = await Promise.allSettled([
    budgetsOfEdge(analytics, dataset, slo, nowMs),
    budgetsOfOrigins(metrics, stage, slo, nowMs),
  ])
  const tiers: TierBudgets[] = []
  const blind: string[] = []
  for (const [tier, asked] of Object.entries({ edge, origins })) {
    if (asked.status === 'fulfilled') tiers.push(asked.value)
    else blind.push(`error budgets of the ${tier}: ${messageOf(asked.reason)}`)
  }
  return { days: slo.days, tiers, blind }
}
