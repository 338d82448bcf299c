// biome-ignore-all lint/correctness/noUndeclaredDependencies: k6 has these modules in itself; npm has their types alone.
/** Script that k6 runs: any scenario, from the plan that `npm run k6` has written to a file. */
import { sleep } from 'k6'
import { SharedArray } from 'k6/data'
import http from 'k6/http'
import { Counter, Rate, Trend } from 'k6/metrics'
import { fateOf, isExpected } from '../load/fate.ts'
import { seededRandom } from '../load/random.ts'
import { type KnownDocument, Requests } from '../load/request.ts'
import type { Plan } from '../scenarios/plan.ts'
import { countedReasons, reasonOf } from './counted-reasons.ts'
import { type K6Data, summaryOfK6 } from './k6-summary.ts'
import { failureMetric, metricNames, shareMetrics } from './metric-names.ts'
import { k6Options } from './options.ts'

// The cast is safe: `k6/main.ts` sets the variable.
const text = open(__ENV.SPILLWAY_PLAN as string)
const { tokens: allTokens, documents: allDocuments, ...plan }: Plan = JSON.parse(text)
const { scenario } = plan

// Read once for all virtual users, each of which has a JavaScript runtime.
const tokens = new SharedArray<string>('tokens', () => [...allTokens])
const documents = Object.fromEntries(
  Object.entries(allDocuments).map(([name, list]) => [
    name,
    new SharedArray<KnownDocument>(`documents of ${name}`, () => [...list]),
  ]),
)

export const options = k6Options(scenario)

const metricsOf = (operation: string) => {
  const { asked, good, refused, shed, failed, okMs } = metricNames(operation)
  return {
    asked: new Counter(asked),
    good: new Counter(good),
    refused: new Counter(refused),
    shed: new Counter(shed),
    failed: new Counter(failed),
    okMs: new Trend(okMs, true),
  }
}
const all = metricsOf('all')
const byOperation = new Map(plan.operations.map(({ name }) => [name, metricsOf(name)]))
const shares = { good: new Rate(shareMetrics.good), failed: new Rate(shareMetrics.failed) }
const failures = new Map(
  [...countedReasons, 'other'].map((reason) => [reason, new Counter(failureMetric(reason))]),
)

const random = seededRandom(plan.seed * 100_000 + __VU)
const requests = new Requests({ ...plan, tokens, documents, popularity: scenario.popularity, random })

/** One request of one user. */
export default function request(): void {
  const user = Math.floor(random() * Math.max(1, tokens.length))
  const { operation, method, path, headers, body } = requests.next(user)
  const {
    status,
    body: answered,
    timings,
  } = http.request(method, plan.target + path, body ?? null, {
    headers,
    timeout: scenario.timeoutMs,
    redirects: 0,
    tags: { name: operation.name },
  })
  // k6's `duration` leaves out the time to get a connection, which the user waits for as well.
  const latencyMs = timings.blocked + timings.connecting + timings.tls_handshaking + timings.duration
  const problem = status >= 400 ? String(answered) : ''
  const outcome = fateOf(status, problem, operation.expects)
  const isRefused = isExpected(status, problem, operation.expects ?? [])
  const isGood = outcome === 'ok' && latencyMs <= scenario.usefulMs
  for (const metrics of [all, byOperation.get(operation.name)]) {
    metrics?.asked.add(1)
    if (outcome === 'ok') metrics?.okMs.add(latencyMs)
    else metrics?.[outcome].add(1)
    if (isGood) metrics?.good.add(1)
    if (isRefused) metrics?.refused.add(1)
  }
  shares.good.add(isGood)
  shares.failed.add(outcome === 'failed')
  if (outcome === 'failed') failures.get(reasonOf(status))?.add(1)
  const { kind, everyMs } = scenario.behaviour
  if (kind === 'closed') sleep((-Math.log(1 - random()) * everyMs) / 1000)
}

/** Hands the figures to `npm run k6`, which prints them in the same form as our own driver's. */
export function handleSummary(data: K6Data): Record<string, string> {
  return {
    [__ENV.SPILLWAY_SUMMARY ?? 'stdout']: JSON.stringify(summaryOfK6(data, { ...plan, tokens, documents })),
  }
}
