import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ConnectionDemand,
  connectionBudget,
  type DatabaseCapacity,
  explainBudget,
  instancesMaxMax,
  poolSizeMax,
  smallestClassThatFits,
} from './capacity.ts'
import { databaseClasses, databaseClassNames } from './database-class.ts'

const large: DatabaseCapacity = { instanceClass: 'r6g.large', instances: 3 }
const demand: ConnectionDemand = {
  instancesMax: 6,
  processesPerInstance: 2,
  poolSize: 32,
  deploymentsInFlight: 1,
  headroom: 100,
}

describe('connection budget', () => {
  it.each<[string, DatabaseCapacity, Partial<ConnectionDemand>, number]>([
    ['the group alone', large, { deploymentsInFlight: 0 }, 12 * 34 + 100],
    ['a deployment doubles the group', large, {}, 24 * 34 + 100],
    ['no head-room', large, { headroom: 0 }, 24 * 34],
    [
      'one process with one connection still monitors',
      large,
      { instancesMax: 1, processesPerInstance: 1, poolSize: 1, deploymentsInFlight: 0, headroom: 0 },
      3,
    ],
  ])('%s', (_name, database, change, demanded) => {
    expect(connectionBudget(database, { ...demand, ...change }).demanded).toBe(demanded)
  })

  it('does not grow with the number of database instances', () => {
    const [one, many] = [1, 15].map((instances) => connectionBudget({ ...large, instances }, demand).allowed)
    expect(many).toBe(one)
  })

  it('fits up to the last connection and breaks on the next', () => {
    const { spare } = connectionBudget(large, demand)
    expect(connectionBudget(large, { ...demand, headroom: demand.headroom + spare }).fits).toBe(true)
    expect(connectionBudget(large, { ...demand, headroom: demand.headroom + spare + 1 }).fits).toBe(false)
  })

  it.each<[Partial<ConnectionDemand>]>([
    [{ poolSize: 0 }],
    [{ poolSize: 1.5 }],
    [{ headroom: -1 }],
    [{ instancesMax: Number.NaN }],
    [{ deploymentsInFlight: -1 }],
  ])('refuses %o', (change) => {
    expect(() => connectionBudget(large, { ...demand, ...change })).toThrow(RangeError)
  })
})

describe('an explained budget', () => {
  it('spells out the sum', () => {
    expect(explainBudget(connectionBudget(large, demand))).toBe(
      [
        '6 instances × 2 (a deployment runs old and new side by side) × 2 processes = 24 processes',
        '24 processes × (pool 32 + 2 monitoring) + 100 head-room = 916 connections',
        'db.r6g.large allows 1100 active connections per instance; 3 instances allow no more, because a failover can put all of them on one',
        '184 to spare',
      ].join('\n'),
    )
  })

  it('names three remedies that work', () => {
    const text = explainBudget(connectionBudget(large, { ...demand, headroom: 285 }))
    expect(text).toContain('over budget by 1.')
    expect(text).toContain('poolSize 31 is the largest that fits')
    expect(text).toContain('instancesMax 5 is the largest that fits')
    expect(text).toContain('db.r6g.xlarge is the smallest class that fits')
  })

  it('admits when a remedy does not exist', () => {
    const text = explainBudget(connectionBudget(large, { ...demand, headroom: 100_000 }))
    expect(text).toContain('no pool size fits')
    expect(text).toContain('no group size fits')
    expect(text).toContain('no class carries this demand')
  })
})

describe('a database of MongoDB', () => {
  it('allows what its tier of Atlas allows, without what Atlas keeps', () => {
    expect(connectionBudget({ atlas: 'M30', instances: 3 }, demand).allowed).toBe(2_990)
    expect(explainBudget(connectionBudget({ atlas: 'M30', instances: 3 }, demand))).toContain(
      'Atlas M30 allows 2990 connections per instance; 3 instances allow no more',
    )
    const tight = connectionBudget({ atlas: 'M10', instances: 3 }, { ...demand, instancesMax: 12 })
    expect(tight.fits).toBe(false)
    expect(explainBudget(tight)).toContain('Atlas M20 is the smallest that fits')
  })
  it('allows what its operator says', () => {
    expect(connectionBudget({ connections: 916, instances: 3 }, demand).spare).toBe(0)
    const over = connectionBudget({ connections: 915, instances: 3 }, demand)
    expect([over.fits, smallestClassThatFits(over.database, demand)]).toEqual([false, undefined])
    expect(explainBudget(over)).toContain('raise net.maxIncomingConnections')
  })
})

describe('properties of every budget', () => {
  const capacities = fc.record({
    instanceClass: fc.constantFrom(...databaseClassNames),
    instances: fc.integer({ min: 1, max: 16 }),
  })
  const demands = fc.record({
    instancesMax: fc.integer({ min: 1, max: 200 }),
    processesPerInstance: fc.integer({ min: 1, max: 64 }),
    poolSize: fc.integer({ min: 1, max: 500 }),
    deploymentsInFlight: fc.integer({ min: 0, max: 3 }),
    headroom: fc.integer({ min: 0, max: 6_000 }),
  })

  it('the largest pool fits and the next one does not', () => {
    fc.assert(
      fc.property(capacities, demands, (database, wanted) => {
        const poolSize = poolSizeMax(database, wanted)
        if (poolSize > 0) expect(connectionBudget(database, { ...wanted, poolSize }).fits).toBe(true)
        expect(connectionBudget(database, { ...wanted, poolSize: poolSize + 1 }).fits).toBe(false)
      }),
    )
  })

  it('the largest group fits and the next one does not', () => {
    fc.assert(
      fc.property(capacities, demands, (database, wanted) => {
        const instancesMax = instancesMaxMax(database, wanted)
        if (instancesMax > 0) expect(connectionBudget(database, { ...wanted, instancesMax }).fits).toBe(true)
        expect(connectionBudget(database, { ...wanted, instancesMax: instancesMax + 1 }).fits).toBe(false)
      }),
    )
  })

  it('the smallest class fits and no smaller one does', () => {
    fc.assert(
      fc.property(capacities, demands, (database, wanted) => {
        const found = smallestClassThatFits(database, wanted)
        const fitting = databaseClassNames.filter(
          (instanceClass) => connectionBudget({ ...database, instanceClass }, wanted).fits,
        )
        expect(found).toBe(fitting[0])
      }),
    )
  })

  it('never promises more than the database allows, idle connections included', () => {
    fc.assert(
      fc.property(capacities, demands, (database, wanted) => {
        const budget = connectionBudget(database, wanted)
        fc.pre(budget.fits)
        const most = budget.processes * wanted.poolSize + wanted.headroom
        expect(most).toBeLessThanOrEqual(databaseClasses[database.instanceClass].connections)
      }),
    )
  })
})
