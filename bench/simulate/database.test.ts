import { describe, expect, it } from 'vitest'
import { Database } from './database.ts'
import { meanWait } from './queueing.ts'
import { readServiceTimes } from './service-times.ts'

const times = readServiceTimes()
const options = { instances: 3, vcpus: 4, times }
const readSeconds = times.read.databaseCpuUs / 1e6
const full = (4 / readSeconds) * 3

describe('the database', () => {
  it('is as fast as idle when hardly used', () => {
    const database = new Database(options)
    database.work({ reads: 100, writes: 0 })
    expect(database.slowdown).toBeCloseTo(1, 3)
  })

  it('waits as M/M/c says below saturation', () => {
    const database = new Database(options)
    database.work({ reads: full * 0.8, writes: 0 })
    expect(database.waitMs).toBeCloseTo(meanWait(4, 3.2, readSeconds) * 1_000, 6)
    expect(database.busy).toBeCloseTo(0.8)
  })

  it('carries over what it cannot do, and works it off', () => {
    const database = new Database(options)
    database.work({ reads: full * 1.25, writes: 0 })
    expect(database.waitMs).toBeGreaterThan(250)
    for (let second = 0; second < 3; second += 1) database.work({ reads: full * 0.5, writes: 0 })
    expect(database.waitMs).toBeLessThan(1)
  })

  it('takes no writes for 30 to 60 seconds when it fails over, and reads with what is left', () => {
    const database = new Database(options)
    database.work({ reads: full / 3, writes: 0 })
    const before = database.busy
    database.failOver(100, () => 0.5)
    expect([100, 144, 145].map((second) => database.takesWrites(second))).toEqual([false, false, true])
    database.work({ reads: full / 3, writes: 0 })
    expect(database.busy / before).toBeCloseTo(1.5)
    database.recover()
    database.work({ reads: full / 3, writes: 0 })
    expect(database.busy).toBeCloseTo(before)
  })
})
