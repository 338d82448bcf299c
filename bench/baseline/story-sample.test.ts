import { describe, expect, it } from 'vitest'
import { sampleOf, steadySeconds } from './story-sample.ts'

const goodOf = (...good: number[]) => good.map((count) => ({ good: count }))
const second = (asked: number, shed: number, failed = 0) => ({
  ...{ asked, shed, failed, good: asked - shed - failed, ok: asked - shed - failed, p50: 1, p99: 2 },
})
// The casts: a sample reads these members alone.
const report = (over: object) =>
  ({
    seconds: [second(5, 2), second(100, 7, 4), second(200, 10), second(200, 0)],
    summary: {
      total: { max: 9 },
      operations: {
        'trips.create': { asked: 9, shed: 1, failed: 2 },
        'places.list': { asked: 9, shed: 3, failed: 0 },
      },
    },
    driver: { busy: 0.1 },
    ...{ hitSeconds: [], lateSeconds: [] },
    ...over,
  }) as unknown as Parameters<typeof sampleOf>[0]
const circumstances = {
  ...{ peak: { fromMs: 1_500, toMs: 4_000 }, connectionsMax: 1, refused: 0 },
  critical: ['trips.create'],
}

describe('a sample of the story', () => {
  it('takes the worst second from the climb to the end, and leaves out seconds with few requests', () => {
    expect(sampleOf(report({}), circumstances)).toMatchObject({ worstPercent: 11, criticalLost: 3 })
  })

  it('has no figures where the driver was the limit', () => {
    const limited = { busy: 1, limitedBy: 'it is full' }
    const { criticalLost, worstPercent } = sampleOf(report({ driver: limited }), circumstances)
    expect([criticalLost, worstPercent]).toEqual([Number.NaN, Number.NaN])
  })

  describe('p99 of the peak', () => {
    const slow = (p99: number) => ({ ...second(500, 0), p99 })
    const peak = (late: number, length = 20) => ({
      seconds: [...Array.from({ length: length - 2 }, () => slow(300)), slow(480), slow(900)],
      hitSeconds: [...Array.from({ length: length - 2 }, () => slow(10)), slow(40), slow(700)],
      lateSeconds: [...Array.from({ length: length - 1 }, () => slow(5)), slow(late)],
    })
    const wholePeak = { ...circumstances, peak: { fromMs: 0, toMs: 20_000 } }

    it('is that of the slowest second, beside that of answers from a cache in it', () => {
      const sample = sampleOf(report(peak(50)), wholePeak)
      expect(sample).toMatchObject({ p99Ms: 900, hitP99Ms: 700, lateSeconds: 0 })
    })

    it('leaves out a second in which the driver was late', () => {
      const sample = sampleOf(report(peak(51)), wholePeak)
      expect(sample).toMatchObject({ p99Ms: 480, hitP99Ms: 40, lateSeconds: 1 })
    })

    it('is unknown where the driver was late for more than a tenth of the peak', () => {
      const sample = sampleOf(report(peak(51, 9)), { ...wholePeak, peak: { fromMs: 0, toMs: 9_000 } })
      expect(sample).toMatchObject({ p99Ms: Number.NaN, lateSeconds: 1 })
    })
  })

  it('does not count critical requests as safe where none was sent', () => {
    expect(sampleOf(report({}), { ...circumstances, critical: [] }).criticalLost).toBeNaN()
    expect(sampleOf(report({}), { ...circumstances, critical: ['trips.other'] }).criticalLost).toBeNaN()
  })

  it('counts the seconds until goodput stays at 90 % of what it comes to', () => {
    expect(steadySeconds(goodOf(100, 100, 100, 100, 100, 100))).toBe(0)
    expect(steadySeconds(goodOf(50, 95, 80, 91, 92, 93, 100, 100, 100))).toBe(3)
    expect(steadySeconds(goodOf(95, 0, 95, 0, 95, 0))).toBe(Number.POSITIVE_INFINITY)
    expect(steadySeconds(goodOf(95, 95, 95, 0, 0, 0))).toBe(Number.POSITIVE_INFINITY)
  })
})
