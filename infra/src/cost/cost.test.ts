import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stageNames } from '../config.ts'
import { stages } from '../stages.ts'
import type { Bill } from './bill.ts'
import { databaseSize } from './database-size.ts'
import { requestsOfBudget } from './edge-cost.ts'
import { functionsCost } from './functions-cost.ts'
import { prices, tiered } from './prices.ts'
import { spillwayCost } from './spillway-cost.ts'
import { defaultWorkload, trafficOf } from './workload.ts'

const { production } = stages

describe('tiered prices', () => {
  const tiers = [
    { upTo: 10, perUnit: 0 },
    { upTo: 100, perUnit: 2 },
    { upTo: Number.POSITIVE_INFINITY, perUnit: 1 },
  ]
  it.each([
    [0, 0],
    [10, 0],
    [11, 2],
    [100, 180],
    [101, 181],
  ])('%d units cost %d', (volume, cost) => {
    expect(tiered(tiers, volume)).toBe(cost)
  })

  it.each([
    ['HTTP APIs', prices.apiGateway.http, 300e6, 300],
    ['REST APIs', prices.apiGateway.rest, 1_000e6, 333 * 3.5 + 667 * 2.8],
    ['Workers', prices.cloudflare.requests, 11e6, 0.3],
  ])('%s match the vendor’s own arithmetic', (_name, published, volume, dollars) => {
    expect(tiered(published, volume)).toBeCloseTo(dollars, 6)
  })
})

describe('traffic', () => {
  it('splits into reads, writes and requests that reach the origin', () => {
    const traffic = trafficOf({ ...defaultWorkload, readShare: 0.9, hitRatio: 0.5 })
    expect(traffic.reads + traffic.writes).toBeCloseTo(traffic.requestsPerMonth)
    expect(traffic.originRequests / traffic.requestsPerMonth).toBeCloseTo(0.55)
  })
})

describe('a bill', () => {
  it('can be drawn up for every stage', () => {
    for (const stage of stageNames)
      expect(spillwayCost(defaultWorkload, stages[stage]).dollars).toBeGreaterThan(0)
  })

  it('adds up', () => {
    const { items, dollars } = spillwayCost(defaultWorkload, production)
    expect(items.reduce((sum, item) => sum + item.dollars, 0)).toBe(dollars)
    expect(items.every((item) => item.dollars >= 0)).toBe(true)
  })

  it('never falls with more users', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000_000 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        (users, more) => {
          for (const cost of [
            (count: number) => spillwayCost({ ...defaultWorkload, users: count }, production).dollars,
            (count: number) =>
              functionsCost({ ...defaultWorkload, users: count }, { gateway: 'rest', edge: false }).dollars,
          ]) {
            expect(cost(users + more)).toBeGreaterThanOrEqual(cost(users))
          }
        },
      ),
    )
  })

  it('of the first design does not depend on the cache hit ratio', () => {
    const [none, all] = [0, 1].map(
      (hitRatio) => functionsCost({ ...defaultWorkload, hitRatio }, { gateway: 'http', edge: false }).dollars,
    )
    expect(none).toBe(all)
  })

  it('of Spillway falls with the cache hit ratio', () => {
    const [cold, warm] = [0, 0.99].map(
      (hitRatio) => spillwayCost({ ...defaultWorkload, hitRatio }, production).dollars,
    )
    expect(warm).toBeLessThan(cold as number)
  })

  it('counts the Worker alike in front of either origin', () => {
    const edgeOf = ({ items }: Bill) =>
      items.filter(({ name }) => /^(Workers|Analytics)/.test(name)).map(({ dollars }) => dollars)
    const behind = functionsCost(defaultWorkload, { gateway: 'url', edge: true })
    expect(edgeOf(behind)).toHaveLength(5)
    expect(edgeOf(behind)).toEqual(edgeOf(spillwayCost(defaultWorkload, production)))
    expect(edgeOf(functionsCost(defaultWorkload, { gateway: 'url', edge: false }))).toEqual([])
  })

  it('counts polls of the control namespace by isolate, not by request', () => {
    const kv = (isolates: number, users: number) =>
      spillwayCost({ ...defaultWorkload, isolates, users }, production).items.find(
        ({ name }) => name === 'Workers KV',
      )?.dollars
    // 500 isolates × 2,628,000 s / 15 s = 87.6 M reads, of which 10 M are included: 77.6 M at $0.5 a million.
    expect(kv(500, 100_000)).toBeCloseTo(77.6 * 0.5, 6)
    expect(kv(500, 1_000)).toBe(kv(500, 100_000))
  })

  it('of each cloud stays below its budget, which rings before twice the plan', () => {
    const { items } = spillwayCost(defaultWorkload, production)
    const sum = (isEdge: boolean) =>
      items
        .filter(({ name }) => /^(Workers|Analytics)/.test(name) === isEdge)
        .reduce((total, { dollars }) => total + dollars, 0)
    const bills = [
      [sum(false), production.budgetDollars],
      [sum(true), production.edgeBudgetDollars],
    ] as const
    for (const [dollars, budget] of bills) {
      expect(dollars).toBeLessThan(budget)
      expect(dollars).toBeGreaterThan(budget / 2)
    }
  })

  it('of the edge rings at the requests that cost its budget', () => {
    const traffic = trafficOf(defaultWorkload)
    const requests = requestsOfBudget(production.edgeBudgetDollars)
    const more = { ...defaultWorkload, users: (defaultWorkload.users * requests) / traffic.requestsPerMonth }
    const edge = spillwayCost(more, production)
      .items.filter(({ name }) => /^(Workers|Analytics)/.test(name))
      .reduce((total, { dollars }) => total + dollars, 0)
    expect(edge / production.edgeBudgetDollars).toBeCloseTo(1, 1)
  })
})

describe('the size of the database', () => {
  it('is that of connections; load alone would do with a smaller class, and a pool that fits it', () => {
    const size = databaseSize(defaultWorkload, production)
    expect(size).toMatchObject({
      configured: 'r6g.xlarge',
      byConnections: 'r6g.xlarge',
      byLoad: 'r6g.large',
      byLoadWithoutCache: 'r6g.large',
      smallerPool: 7,
    })
    const origin = { ...production.origin, poolSize: size.smallerPool }
    const database = { ...production.database, instanceClass: size.byLoadWithoutCache }
    expect(databaseSize(defaultWorkload, { ...production, origin, database }).byConnections).toBe('r6g.large')
  })

  it('is that of load where the cache is empty and the users are many', () => {
    const size = databaseSize({ ...defaultWorkload, users: 600_000 }, production)
    expect(size.byLoadWithoutCache).not.toBe('r6g.large')
    expect(size.vcpusWithoutCache).toBeCloseTo(size.vcpus / (0.95 * 0.1 + 0.05), 5)
  })
})
