import { expect, it } from 'vitest'
import { seededRandom } from '../load/random.ts'
import { connectorPerSecond, readConnectorTimes } from './connector-times.ts'
import { stages } from './infra.ts'
import { Saturation } from './saturation.ts'
import { connectorRules, spread, Tunnel } from './tunnel.ts'

const { tunnel: deployed } = stages.production
const stage = { ...stages.production, tunnel: { ...deployed, connectors: { min: 2, max: 6 } } }
const rules = connectorRules(stage)
/** Two thirds of what four connectors can do. */
const carried = (rules.min * connectorPerSecond(readConnectorTimes())) / 1.5

const tunnel = (seconds: number, requests: number): { readonly all: Tunnel; readonly shares: number[] } => {
  const all = new Tunnel(stage, 60, seededRandom(1))
  const shares = Array.from({ length: seconds }, (_, second) => all.carry(second, requests))
  return { all, shares }
}

// The busiest connector gets 1.5 times the mean, and each other one (n - 1.5) / (n - 1) times. A mean of 2/3 fills it.
it.each([
  ['four, at half of the knee', 4, 4 / 3, 0.5, 4 / 3],
  ['four, at the knee: the busiest is full', 4, 8 / 3, 1, 8 / 3],
  ['four, at 1.5 times the knee: the others take all of theirs', 4, 4, 1.5, 1 + 3 * (2.5 / 3)],
  ['four, at 1.8 times the knee: the others are full, too', 4, 4.8, 1.8, 4],
  ['four, at three times the knee', 4, 8, 3, 4],
  ['two, at 1.2 times the knee', 2, 1.6, 1.2, 1.4],
  ['one, which gets all', 1, 1.25, 1.25, 1],
  ['one that is starting', 0.5, 1, 2, 0.5],
  ['none', 0, 1, Number.POSITIVE_INFINITY, 0],
  ['four without a request', 4, 0, 0, 0],
])('connectors carry: %s', (_, connectors, load, busiest, through) => {
  const found = spread(connectors, load)
  expect(found.busiest).toBeCloseTo(busiest, 9)
  expect(found.carried).toBeCloseTo(through, 9)
})

it('loses requests only of connectors that are full', () => {
  expect(tunnel(1, carried).shares).toEqual([1])
  expect(tunnel(1, 1.5 * carried).shares[0]).toBeCloseTo(0.875, 9)
  expect(tunnel(1, 2 * carried).shares[0]).toBeCloseTo(0.75, 9)
  expect(tunnel(1, 0).shares).toEqual([1])
})

it('grows by its processors, up to its maximum', () => {
  const { all, shares } = tunnel(1_200, 2.4 * carried)
  expect(shares[0]).toBeCloseTo(12_000 / 19_200, 9)
  expect(shares.at(-1)).toBe(1)
  expect(all.extra(1_199)).toBe(rules.max - rules.min)
})

it('does not grow for half of what it carries', () => {
  expect(tunnel(1_200, carried / 2).all.extra(1_199)).toBe(0)
})

it('carries less while a zone is lost', () => {
  const { all } = tunnel(1, carried)
  all.loseZone(0, 1)
  const shares = Array.from({ length: 30 }, (_, index) => all.carry(1 + index, carried))
  expect(Math.min(...shares)).toBeLessThan(0.9)
})

it('the tier that is full first is named, the fullest of several', () => {
  const saturation = new Saturation()
  saturation.observe(0, { tunnel: 0.4, origin: 0.6, database: 0.1 })
  expect([saturation.first, saturation.text]).toEqual([undefined, 'none (origin 60 %)'])
  saturation.observe(250, { tunnel: 1.4, origin: 1, database: 0.1 })
  saturation.observe(251, { tunnel: 0.1, origin: 2, database: 0.1 })
  expect(saturation.first).toEqual({ tier: 'tunnel', at: 250 })
  expect(saturation.text).toBe('tunnel after 4:10')
})
