import { describe, expect, it } from 'vitest'
import { library } from '../docs/model/example/library.ts'
import { checkSlo, type SloDefinition, sloOf, urgentBurn } from './slo.ts'

describe('objectives', () => {
  it('have defaults that no check refuses, for the shortest and the longest period', () => {
    expect([...checkSlo({})]).toEqual([])
    expect([...checkSlo({ days: 7 })]).toEqual([])
    expect(sloOf().objectives.critical).toEqual({ availability: 0.999, latency: { p: 0.99, ms: 500 } })
  })

  it('replace single members of the defaults', () => {
    const { days, objectives } = sloOf({ critical: { availability: 0.9995 } })
    expect([days, objectives.critical, objectives.normal.availability]).toEqual([
      30,
      { availability: 0.9995, latency: { p: 0.99, ms: 500 } },
      0.995,
    ])
  })

  it('of the page’s example are those that it states, and the defaults', () => {
    expect(library.slo).toEqual({
      days: 28,
      objectives: {
        critical: { availability: 0.9995, latency: { p: 0.99, ms: 300 } },
        normal: { availability: 0.999, latency: { p: 0.99, ms: 500 } },
        background: sloOf().objectives.background,
      },
    })
  })

  it('ring urgently at the burn rate of the Workbook for thirty days', () => {
    expect(urgentBurn(30)).toBeCloseTo(14.4)
  })

  it.each<[string, SloDefinition, string]>([
    ['a period of a year', { days: 365 }, 'slo.days 365: must be an integer from 7 to 90'],
    [
      'no budget',
      { critical: { availability: 1 } },
      'slo.critical.availability 1: leaves no budget for failures; use a share below 1, such as 0.999',
    ],
    [
      'per cent',
      { critical: { availability: 99.9 } },
      'slo.critical.availability 99.9: leaves no budget for failures; use a share below 1, such as 0.999',
    ],
    [
      'a share that no outage would ring for',
      { background: { availability: 0.9 } },
      'slo.background.availability 0.9: too low for its urgent alarm, which even an outage would not ring; use at least 0.9375',
    ],
    [
      'not a number',
      { background: { availability: Number.NaN } },
      'slo.background.availability NaN: too low for its urgent alarm, which even an outage would not ring; use at least 0.9375',
    ],
    [
      'answers later than the deadline',
      { normal: { latency: { p: 0.99, ms: 1_500 } } },
      'slo.normal.latency.ms 1500: must be an integer from 1 to 1000, after which a request has failed anyway',
    ],
    [
      'more for what is shed first',
      { normal: { availability: 0.9999 } },
      'slo.normal.availability 0.9999 is above that of critical, 0.999: normal requests are shed first, so promise less for them or more for critical',
    ],
  ])('with %s are refused', (_what, definition, mistake) => {
    expect([...checkSlo(definition)]).toEqual([mistake])
  })
})
