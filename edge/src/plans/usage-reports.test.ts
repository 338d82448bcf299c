import type { CheckedPlan, Plans, UsageReport, UsageTotals } from '@spillway/origin/contract'
import { beforeEach, describe, expect, it } from 'vitest'
import { AskError } from '../http/ask-error.ts'
import { reportMs } from './caller-usage.ts'
import { UsageReports } from './usage-reports.ts'

const free: CheckedPlan = { name: 'free', rate: 10, burst: 20, quota: 1_000 }
const pro: CheckedPlan = { name: 'pro', rate: 100, burst: 100 }
const plans: Plans = {
  byName: new Map([free, pro].map((plan) => [plan.name, plan])),
  ...{ claim: 'plan', default: free, tenant: undefined },
}

let nowMs: number
/** Counts of the origin, by caller and month. */
let counts: Map<string, number>
let tell: (report: UsageReport) => Promise<UsageTotals>
const failures: unknown[] = []

beforeEach(() => {
  nowMs = Date.parse('2027-05-31T12:00:00Z')
  counts = new Map()
  tell = async ({ usage }) => ({
    totals: usage.map(({ caller, month, requests }) => {
      const key = `${month} ${caller}`
      const total = (counts.get(key) ?? 0) + requests
      counts.set(key, total)
      return total
    }),
  })
})

const isolate = (of: Plans = plans) =>
  new UsageReports({
    plans: of,
    tell: (report) => tell(report),
    now: () => nowMs,
    onFailure: (one) => failures.push(one),
  })

const robot = { subject: 'robot', scopes: [] }

/** Pseudo-random numbers in [0, 1): a linear congruential generator (Numerical Recipes). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

/** One request of a caller. @returns whether it is within the plan */
async function send(reports: UsageReports, principal: Parameters<UsageReports['usageOf']>[0] = robot) {
  const usage = reports.usageOf(principal)
  if (usage === undefined) throw new Error('no plan')
  const over = usage.count(nowMs)
  await reports.counted(usage, nowMs)
  return over
}

describe('the plan of a caller', () => {
  it.each([
    ['the one that its claim names', { plan: ['pro'] }, 'pro'],
    ['the first that exists', { plan: ['gold', 'pro', 'free'] }, 'pro'],
    ['the default without a claim', undefined, 'free'],
    ['the default for a name that is none', { plan: ['constructor'] }, 'free'],
  ])('is %s', (_name, claims, name) => {
    const principal = { ...robot, ...(claims !== undefined && { claims }) }
    expect(isolate().usageOf(principal)?.plan.name).toBe(name)
  })

  it('is none without a default', () => {
    expect(isolate({ ...plans, default: undefined }).usageOf(robot)).toBeUndefined()
  })

  it('is shared by the members of a tenant, and by nobody else', () => {
    const reports = isolate({ ...plans, tenant: 'org' })
    const of = (subject: string, org?: string) =>
      reports.usageOf({ subject, scopes: [], ...(org !== undefined && { claims: { org: [org] } }) })
    expect(of('a', 'acme')).toBe(of('b', 'acme'))
    expect(of('a', 'other')).not.toBe(of('a', 'acme'))
    expect(of('acme')).not.toBe(of('a', 'acme'))
  })
})

it('refuses what is over the rate, and says when to come again', async () => {
  const reports = isolate()
  for (let i = 0; i < 20; i += 1) expect(await send(reports)).toBeUndefined()
  expect(await send(reports)).toEqual({ limit: 'rate', retryAfterSeconds: 1 })
  nowMs += 100
  expect(await send(reports)).toBeUndefined()
})

it('refuses what is over the quota of the month, until the next one', async () => {
  const reports = isolate()
  let sent = 0
  while ((await send(reports)) === undefined) {
    sent += 1
    nowMs += 100
  }
  expect(sent).toBe(1_000)
  expect(await send(reports)).toEqual({
    limit: 'quota',
    retryAfterSeconds: Math.ceil((Date.parse('2027-06-01T00:00:00Z') - nowMs) / 1_000),
  })
  nowMs = Date.parse('2027-06-01T00:00:00Z')
  expect(await send(reports)).toBeUndefined()
  expect(counts.get('2027-06 robot')).toBe(1)
})

describe('the quota at many locations', () => {
  /**
   * Requests beyond the quota, at most: an isolate learns of the others' counts with its next report, ten seconds after its
   * last one, and sends no more than a burst and the rate of that time until then.
   */
  const boundOf = (isolates: number, { rate, burst }: CheckedPlan) =>
    isolates * (burst + (rate * reportMs.far) / 1_000)

  it.each([
    [1, 1],
    [2, 1],
    [2, 0.05],
    [3, 0.3],
    [10, 1],
    [10, 0.1],
  ])('is exceeded by less than the bound at %d isolates, %d of them busy at a time', async (count, share) => {
    const isolates = Array.from({ length: count }, () => isolate())
    const random = randomOf(count)
    let accepted = 0
    for (let step = 0; step < 30_000; step += 1) {
      nowMs += 100
      for (const one of isolates) {
        if (random() >= share && step < 29_000) continue
        if ((await send(one)) === undefined) accepted += 1
      }
    }
    expect(accepted).toBeGreaterThanOrEqual(1_000)
    expect(accepted - 1_000).toBeLessThanOrEqual(count === 1 ? 0 : boundOf(count, free))
    // Every request that was served has been told.
    expect(counts.get('2027-05 robot')).toBe(accepted)
  })

  it('is known to a new isolate after its first request', async () => {
    counts.set('2027-05 robot', 1_000)
    const reports = isolate()
    expect(await send(reports)).toBeUndefined()
    expect(await send(reports)).toMatchObject({ limit: 'quota' })
  })

  it('counts on without the origin, which it tells later', async () => {
    const reports = isolate()
    await send(reports)
    const works = tell
    tell = () => Promise.reject(new AskError('not asked', false))
    for (let i = 0; i < 15; i += 1) {
      nowMs += 1_000
      await send(reports)
    }
    expect(counts.get('2027-05 robot')).toBe(1)
    tell = works
    nowMs += 10_000
    await send(reports)
    expect(counts.get('2027-05 robot')).toBe(17)
  })

  it('counts nothing twice where a report may have arrived', async () => {
    const reports = isolate()
    await send(reports)
    const works = tell
    tell = async (report) => {
      await works(report)
      throw new AskError('timeout', true)
    }
    nowMs += 10_000
    await send(reports)
    tell = works
    nowMs += 10_000
    await send(reports)
    expect(counts.get('2027-05 robot')).toBe(3)
  })
})

it('tells an idle isolate’s counts once, and sends no report without one', async () => {
  let reportsSent = 0
  const works = tell
  tell = (report) => {
    reportsSent += 1
    return works(report)
  }
  const reports = isolate()
  for (let i = 0; i < 100; i += 1) {
    nowMs += 100
    await send(reports)
  }
  // The total is asked for with the first request, and the rest told after ten seconds.
  expect(reportsSent).toBe(1)
  nowMs += 1_000
  await send(reports)
  expect(reportsSent).toBe(2)
})

it('has header fields with what is left', async () => {
  const reports = isolate()
  const usage = reports.usageOf(robot)
  const until = Math.ceil((Date.parse('2027-06-01T00:00:00Z') - nowMs) / 1_000)
  expect(usage?.fields(nowMs)).toEqual(['"rate";q=20;w=2', '"rate";r=20;t=0'])
  await send(reports)
  expect(usage?.fields(nowMs)).toEqual([
    '"rate";q=20;w=2, "month";q=1000;w=2592000',
    `"rate";r=19;t=1, "month";r=999;t=${until}`,
  ])
})
