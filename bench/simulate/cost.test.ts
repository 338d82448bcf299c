import { expect, it } from 'vitest'
import { lambdaCost, requestDollars, standingDollarsPerHour } from './cost.ts'
import { prices, stages } from './infra.ts'
import type { Scenario } from './scenario.ts'

const hour: Scenario = {
  name: 'hour',
  title: '',
  seconds: 3_600,
  users: [{ at: 0, users: 10_000 }],
  incidents: [],
  settle: 0,
  dataCentres: 1,
}

it('a million requests that the edge answers cost what Cloudflare asks for', () => {
  expect(requestDollars({ requests: 1e6, originReads: 0, originWrites: 0 })).toBeCloseTo(0.3 + 0.01)
})

it('a million reads at the origin cost their bytes and their I/Os as well', () => {
  const bytes = 1.5 * (0.09 + prices.nat.perGb + prices.balancer.lcuHour)
  expect(requestDollars({ requests: 0, originReads: 1e6, originWrites: 0 })).toBeCloseTo(bytes + 0.01)
})

it('standing costs are those of the stage', () => {
  const { production } = stages
  const database = production.database.instances * 0.5275
  expect(standingDollarsPerHour(production)).toBeGreaterThan(database)
  expect(standingDollarsPerHour(production)).toBeLessThan(database + 0.5)
})

it('the first design pays its gateway, its functions and its database for each request', () => {
  const cost = lambdaCost(hour, { thinkSeconds: 10, writeShare: 0.1 })
  expect(cost.requests).toBeCloseTo(3_600_000)
  // By hand: 2,628 M a month at 3.5 to 2.38 dollars a million come to 2.61; a request; 25 ms of half a GB; bytes; I/Os;
  // and an hour of three r6g.large and three NAT gateways over 3.6 M requests.
  const [gateway, duration, bytes, ios] = [2.61, 0.167, 0.132, 0.049]
  const standing = (3 * 0.2637 + 3 * 0.045) / 3.6
  expect(cost.perMillion).toBeCloseTo(gateway + 0.2 + duration + bytes + ios + standing, 1)
  expect(lambdaCost(hour, { thinkSeconds: 10, writeShare: 0.1 }, 'http').perMillion).toBeLessThan(
    cost.perMillion,
  )
})
