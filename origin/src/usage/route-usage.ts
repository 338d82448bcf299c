import {
  type Problem,
  ProblemError,
  type ToldUsage,
  tellUsagePath,
  toldMax,
  type UsageReport,
  type UsageTotals,
} from '@spillway/origin/contract'
import type { FastifyInstance } from 'fastify'
import { bodyOf, type Target } from '../http/request.ts'
import type { CountUsage } from './count-usage.ts'

const target: Target = { route: tellUsagePath, operation: 'ops' }

/**
 * The route on which edges tell of requests that they have counted. Like every other one, it takes only what an edge
 * has signed.
 */
export function routeUsage(app: FastifyInstance, count: CountUsage): void {
  app.post(tellUsagePath, async (request, reply) => {
    request.target = target
    const body = bodyOf(request)
    if (!body.ok) throw new ProblemError(body.problem)
    if (!isReport(body.value)) throw new ProblemError(notAReport)
    const totals: UsageTotals = { totals: await count(body.value.usage) }
    return reply.header('cache-control', 'no-store').send(totals)
  })
}

const notAReport: Problem = { code: 'bad-request', detail: 'Not a valid report of usage.' }

function isReport(value: unknown): value is UsageReport {
  if (typeof value !== 'object' || value === null || !('usage' in value)) return false
  const { usage } = value
  return Array.isArray(usage) && usage.length <= toldMax && usage.every(isTold)
}

function isTold(value: unknown): value is ToldUsage {
  if (typeof value !== 'object' || value === null) return false
  const { caller, plan, month, requests }: Readonly<Record<string, unknown>> = { ...value }
  return (
    typeof caller === 'string' &&
    typeof plan === 'string' &&
    typeof month === 'string' &&
    /^\d{4}-\d{2}$/.test(month) &&
    Number.isSafeInteger(requests) &&
    Number(requests) >= 0
  )
}
