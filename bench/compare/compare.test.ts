import { describe, expect, it } from 'vitest'
import { seededRandom } from '../load/random.ts'
import type { Result } from '../measure/result.ts'
import { compare, differences } from './compare.ts'
import { rankTest } from './rank-test.ts'
import { welchTest } from './welch-test.ts'

describe('the rank test', () => {
  it.each([
    // Every value of one below every value of the other: 2 of the ways to deal out the ranks, of C(n, k).
    [[1, 2, 3], [4, 5, 6], 2 / 20],
    [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 2 / 252],
    [[1], [2], 1],
    [[1, 4], [2, 3], 1],
    [[1, 1, 1], [1, 1, 1], 1],
    // Published table of critical values (Mann and Whitney 1947): U = 2 for 5 against 5 is significant at 0.05.
    [[1, 2, 3, 4, 7], [5, 6, 8, 9, 10], 8 / 252],
  ])('%j against %j', (a, b, p) => expect(rankTest(a, b)).toBeCloseTo(p, 10))

  it('is symmetric in its two samples', () => {
    expect(rankTest([1, 5, 9], [2, 2, 7, 8])).toBeCloseTo(rankTest([2, 2, 7, 8], [1, 5, 9]), 10)
  })

  it('raises false alarms no more often than its probability says', () => {
    const random = seededRandom(4)
    const draw = () => Array.from({ length: 5 }, random)
    const alarms = Array.from({ length: 2_000 }, () => rankTest(draw(), draw()) <= 0.05).filter(
      Boolean,
    ).length
    expect(alarms / 2_000).toBeLessThan(0.05)
  })
})

describe('the t test', () => {
  it.each([
    // Checked by integrating Student's density.
    [[1, 2, 3], [4, 5, 6], 0.021311641],
    [[100, 101, 102], [80, 81, 83], 0.000138255],
    [[10, 12, 9], [11, 10, 12], 0.566567127],
  ])('%j against %j', (a, b, p) => expect(welchTest(a, b)).toBeCloseTo(p, 6))

  it('has no result for a single sample, nor for samples that do not vary', () => {
    expect(welchTest([1], [2, 3])).toBe(1)
    expect(welchTest([1, 1], [1, 1])).toBe(1)
  })
})

const result = (
  samples: Readonly<Record<string, readonly (number | null)[]>>,
  more: Partial<Result> = {},
): Result => ({
  ...{ format: 'spillway-bench-1', bench: 'test', command: 'c', startedAt: '2026-11-24T12:00:00.000Z' },
  ...{ seconds: 1, quick: false, versions: {}, settings: {}, series: [], bars: [] },
  machine: { cpu: 'c', cores: 2, memoryGiB: 8, system: 's' },
  rows: Object.entries(samples).map(([metric, values]) => ({
    case: 'case',
    subject: 'subject',
    metrics: {
      [metric]: { unit: 'µs', better: metric === 'goodput' ? 'higher' : 'lower', samples: [...values] },
    },
  })),
  ...more,
})

/** Rows are found by case and subject: one metric a result here. */
const judgementOf = (metric: string, a: readonly (number | null)[], b: readonly (number | null)[]) =>
  compare(result({ [metric]: a }), result({ [metric]: b }))[0]?.judgement

describe('a comparison', () => {
  it('needs no normal noise where repetitions are many', () => {
    const skewed = [1, 1.1, 1.2, 1.3, 1.4, 1.5, 90, 400]
    expect(
      judgementOf(
        'cpu',
        skewed,
        skewed.map((sample) => sample * 1_000),
      ),
    ).toBe('worse')
    expect(
      judgementOf(
        'cpu',
        skewed,
        skewed.map((sample) => sample * 1.05),
      ),
    ).toBe('same')
  })

  it('sees a change that repetitions agree on', () => {
    expect(judgementOf('cpu', [100, 101, 102, 103, 104], [80, 81, 82, 83, 84])).toBe('better')
    expect(judgementOf('cpu', [80, 81, 82, 83, 84], [100, 101, 102, 103, 104])).toBe('worse')
    expect(judgementOf('goodput', [80, 81, 82, 83, 84], [100, 101, 102, 103, 104])).toBe('better')
  })

  it('sees a change in three repetitions where it is far beyond their noise', () => {
    expect(judgementOf('cpu', [100, 101, 102], [80, 81, 83])).toBe('better')
    expect(judgementOf('cpu', [100, 108, 102], [95, 99, 93])).toBe('unclear')
  })

  it('takes overlapping samples for noise', () => {
    expect(judgementOf('cpu', [100, 120, 90, 110, 95], [105, 98, 125, 92, 111])).toBe('same')
  })

  it('ignores a change that is certain but small', () => {
    expect(judgementOf('cpu', [100, 100.1, 100.2, 100.3, 100.4], [101, 101.1, 101.2, 101.3, 101.4])).toBe(
      'same',
    )
  })

  it('claims no change that so few repetitions cannot show', () => {
    expect(judgementOf('cpu', [100], [50])).toBe('unclear')
    expect(judgementOf('cpu', [100, 140], [50, 95])).toBe('unclear')
  })

  it('asks stronger evidence of each figure when there are more: one of many differs by chance', () => {
    const row = (subject: string, samples: number[]) => ({
      case: 'case',
      subject,
      metrics: { cpu: { unit: 'µs', better: 'lower' as const, samples } },
    })
    const noise = Array.from({ length: 19 }, (_, i) => i)
    const rows = (first: number[], rest: number[]) => [
      row('apart', first),
      ...noise.map((i) => row(`${i}`, rest)),
    ]
    // Alone, this figure would count as a change.
    const [first, second] = [
      [100, 104, 108],
      [85, 90, 94],
    ]
    expect(judgementOf('cpu', first, second)).toBe('better')
    const before = result({}, { rows: rows(first, [1, 9, 5]) })
    const after = result({}, { rows: rows(second, [2, 8, 6]) })
    expect(compare(before, after)[0]?.judgement).toBe('unclear')
  })

  it('leaves out figures that were not measured', () => {
    expect(compare(result({ cpu: [null, null] }), result({ cpu: [1, 2] }))).toEqual([])
    expect(judgementOf('cpu', [100, null, 101], [100, 101])).toBe('same')
  })

  it('lists differences between the settings of two results', () => {
    const a = result({}, { settings: { rounds: 3 } })
    const b = result({}, { settings: { rounds: 5 }, quick: true })
    expect(differences(a, b)).toEqual(['one of them is a quick run', 'rounds: 3 and 5'])
    expect(differences(a, a)).toEqual([])
  })
})
