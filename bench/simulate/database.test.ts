import { describe, expect, it } from 'vitest'
import { Database, databaseSeconds } from './database.ts'
import { meanWait } from './queueing.ts'
import { readServiceTimes } from './service-times.ts'

const times = readServiceTimes()
const options = { vcpus: 4, times }
const service = databaseSeconds(times)
const full = 4 / service

describe('the database', () => {
  it('has its idle latency at low use', () => {
    const database = new Database(options)
    expect(database.slowdown(100)).toBeCloseTo(1, 3)
  })

  it('waits as M/M/c says below saturation', () => {
    const database = new Database(options)
    database.work(full * 0.8)
    expect(database.waitMs).toBeCloseTo(meanWait(4, 3.2, service) * 1_000, 6)
    expect(database.busy).toBeCloseTo(0.8)
  })

  it('carries a backlog over, and works it off', () => {
    const database = new Database(options)
    database.work(full * 1.25)
    expect(database.waitMs).toBeGreaterThan(250)
    expect(database.waitMs).toBeLessThan(260)
    for (let second = 0; second < 3; second += 1) database.work(full * 0.5)
    expect(database.waitMs).toBeLessThan(1)
  })

  it('never has more than a second of work waiting', () => {
    const database = new Database(options)
    for (let second = 0; second < 9; second += 1) database.work(full * 3)
    expect(database.waitMs).toBeLessThan(1_010)
  })

  it('has no primary for 30 to 60 seconds when it fails over', () => {
    const database = new Database(options)
    expect(database.hasPrimary(0)).toBe(true)
    database.failOver(100, () => 0.5)
    expect([99, 144, 145].map((second) => database.hasPrimary(second))).toEqual([false, false, true])
  })
})
