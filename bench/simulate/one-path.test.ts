import { describe, expect, it } from 'vitest'
import { firstFull, type OnePath } from './one-path.ts'
import { joined } from './origin-policy.ts'
import { readServiceTimes, type ServiceTimes } from './service-times.ts'

const times = readServiceTimes()
const path: OnePath = {
  connectorCpuUs: 200,
  connectorShare: 1,
  originCpuUs: 150,
  times,
  poolSize: 16,
}

/** Lists alone, from a database that takes so many ms for each. */
const slowBy = (databaseMs: number): ServiceTimes => ({
  ...times,
  kinds: {
    find: { ...times.kinds.find, share: 0 },
    list: { ...times.kinds.list, share: 1, databaseMs },
    write: { ...times.kinds.write, share: 0 },
  },
  collections: 1,
  databaseVariation: 0,
  networkMs: 0,
})

describe('the tier that is full first', () => {
  it('is a tunnel whose connector costs the most', () => {
    const { tier, perSecond } = firstFull({ ...path, connectorShare: 0.25 })
    expect([tier, Math.round(perSecond)]).toEqual(['tunnel', 1_250])
  })

  it('is an origin whose core does the most', () => {
    const { tier, perSecond } = firstFull({ ...path, connectorCpuUs: 20, originCpuUs: 800 })
    expect([tier, Math.round(perSecond)]).toEqual(['origin', 1_250])
  })

  // The lane refuses lists of the slower one before it is full.
  it.each([20, 120])('is a database that takes %d ms, at what its lane of lists carries', (databaseMs) => {
    const { tier, perSecond } = firstFull({ ...path, times: slowBy(databaseMs) })
    expect(tier).toBe('database')
    const carries = joined(path.poolSize).lists.inflightMax / (databaseMs / 1_000)
    expect(Math.abs(perSecond / carries - 1)).toBeLessThan(0.03)
  })
})
