import { describe, expect, it } from 'vitest'
import { healthyDatabase, readServiceTimes } from '../service-times.ts'
import { ProcessResponses } from './response.ts'

const times = readServiceTimes()
const load = (share: number, responses: ProcessResponses) => {
  const perSecond = responses.capacityPerSecond * share
  return {
    arrivals: { critical: perSecond * 0.4, normal: perSecond * 0.4, background: perSecond * 0.2 },
    database: healthyDatabase,
  }
}

describe('the response of a process', () => {
  it('does not depend on earlier loads', () => {
    const [one, other] = [new ProcessResponses(times, 24, 4_000), new ProcessResponses(times, 24, 4_000)]
    one.at(load(2, one))
    expect(one.at(load(0.8, one))).toEqual(other.at(load(0.8, other)))
  })

  it('is simulated once for nearly equal loads', () => {
    const responses = new ProcessResponses(times, 24, 2_000)
    responses.at(load(0.8, responses))
    responses.at(load(0.801, responses))
    expect(responses.simulated).toBe(1)
    responses.at(load(0.9, responses))
    expect(responses.simulated).toBe(2)
  })

  it('answers all requests at half its capacity, and only critical ones for certain beyond it', () => {
    const responses = new ProcessResponses(times, 24, 10_000)
    const shedOf = (share: number) => {
      const { shed, offered } = responses.at(load(share, responses))
      return [shed.critical / offered.critical, shed.background / offered.background]
    }
    expect(shedOf(0.5)).toEqual([0, 0])
    const [critical = 1, background = 0] = shedOf(1.5)
    expect(critical).toBeLessThan(0.001)
    expect(background).toBeGreaterThan(0.5)
  })

  it('answers nothing without a primary', () => {
    const responses = new ProcessResponses(times, 24, 4_000)
    const database = { slowdown: 1, hasPrimary: false }
    const { done, longestMs } = responses.at({ ...load(0.3, responses), database })
    expect(done).toEqual({ critical: 0, normal: 0, background: 0 })
    expect(longestMs).toBeLessThan(times.deadlineMs)
  })
})
