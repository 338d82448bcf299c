/**
 * Program: `npm run slo` reports the error budgets of what `npm start` runs; `npm run slo -- --stage STAGE` those of a
 * stage, by credentials that only read. Exits with 1 if a budget is spent too fast.
 */

import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { application } from '@spillway/origin/application'
import { messageOf } from '@spillway/origin/dev/message-of'
import { askAnalytics } from '../cloudflare/ask-cloudflare.ts'
import { keptLogFile } from '../local/kept-log.ts'
import { stageNames } from '../src/config.ts'
import { budgetsOfEdge, budgetsOfLogs, budgetsOfOrigins } from './gather.ts'
import { reportOf, type TierBudgets } from './report.ts'

const usage = `npm run slo                     error budgets of the edge that npm start runs, by its log
npm run slo -- --stage STAGE    those of a stage: of its origins (AWS_REGION and credentials with
                                cloudwatch:GetMetricData), and of its edge (CLOUDFLARE_ACCOUNT_ID, and
                                CLOUDFLARE_API_TOKEN with Account Analytics: Read); one of the two is enough
  --json                        as JSON`

const { slo } = application
const nowMs = Date.now()

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { stage: { type: 'string' }, json: { type: 'boolean' } } })
  const tiers = values.stage === undefined ? [await ofThisMachine()] : await ofStage(values.stage)
  console.log(values.json === true ? JSON.stringify(tiers) : reportOf(tiers, slo, nowMs))
  if (tiers.some(({ budgets }) => budgets.some(({ rings }) => rings !== undefined))) process.exitCode = 1
}

async function ofThisMachine(): Promise<TierBudgets> {
  const file = keptLogFile('edge')
  const read = (name: string) => readFile(name, 'utf8').catch(() => '')
  return budgetsOfLogs(await Promise.all([read(`${file}.1`), read(file)]), slo, nowMs)
}

async function ofStage(name: string): Promise<readonly TierBudgets[]> {
  const stage = stageNames.find((each) => each === name)
  if (stage === undefined) throw new Error(`--stage must be one of ${stageNames.join(', ')}`)
  const { AWS_REGION, CLOUDFLARE_ACCOUNT_ID, CLOUDFLARE_API_TOKEN, CLOUDFLARE_API_BASE_URL } = process.env
  const origins =
    AWS_REGION === undefined
      ? undefined
      : budgetsOfOrigins(new CloudWatchClient({ region: AWS_REGION }), stage, slo, nowMs)
  const hasEdge = CLOUDFLARE_ACCOUNT_ID !== undefined && CLOUDFLARE_API_TOKEN !== undefined
  if (AWS_REGION === undefined && !hasEdge) {
    throw new Error('set AWS_REGION, or CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN')
  }
  // Loaded here alone: it brings wrangler, which takes a second.
  const { readEdgeEnvironments } = await import('../src/check/edge-environments.ts')
  const dataset = readEdgeEnvironments().get(stage)?.analyticsDataset
  const edge =
    !hasEdge || dataset === undefined
      ? undefined
      : budgetsOfEdge(
          askAnalytics({
            accountId: CLOUDFLARE_ACCOUNT_ID,
            token: CLOUDFLARE_API_TOKEN,
            baseUrl: CLOUDFLARE_API_BASE_URL,
          }),
          dataset,
          slo,
          nowMs,
        )
  return await Promise.all([edge, origins].filter((tier) => tier !== undefined))
}

try {
  await main()
} catch (error) {
  // The message alone: errors of the SDK hold the whole request.
  console.error(`${messageOf(error)}\n\n${usage}`)
  process.exitCode = 2
}
