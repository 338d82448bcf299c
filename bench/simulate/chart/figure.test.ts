import { describe, expect, it } from 'vitest'
import { figure } from './figure.ts'
import { linear, logarithmic, short } from './scale.ts'

describe('scales', () => {
  it.each([
    [10, [0, 5, 10]],
    [1_560, [0, 1_000, 2_000]],
    [0, [0, 5e-10]],
    [3, [0, 1, 2, 3]],
  ])('to %d in round steps', (max, ticks) => {
    expect(linear(max).ticks.slice(0, 2)).toEqual(ticks.slice(0, 2))
    expect(linear(max).position(max)).toBeLessThanOrEqual(1)
  })

  it('by powers of ten', () => {
    const scale = logarithmic(900, 100_000)
    expect(scale.ticks).toEqual([100, 1_000, 10_000, 100_000])
    expect(scale.position(1_000)).toBeCloseTo(1 / 3)
    expect(scale.position(0)).toBe(0)
  })

  it('writes numbers short', () => {
    expect([1_000, 1_200_000, 0.5].map(short)).toEqual(['1K', '1.2M', '0.5'])
  })
})

describe('a figure', () => {
  const panel = {
    title: 'a < b & "c"',
    x: linear(4),
    xLabel: String,
    y: linear(1),
    lines: [
      {
        name: 'line',
        look: 'blue',
        points: [
          [0, 1],
          [1, 1],
          [2, 1],
          [3, Number.NaN],
          [4, 0],
        ],
      },
    ],
  } as const

  it('escapes its text, and follows the reader’s colour scheme', () => {
    const svg = figure('t', [panel])
    expect(svg).toContain('a &lt; b &amp; &quot;c&quot;')
    expect(svg).toContain('prefers-color-scheme:dark')
    expect(svg).not.toContain('NaN')
  })

  it('leaves a gap where there is no value, and drops redundant points', () => {
    const path = /class="line blue" d="(M[^"]*M[^"]*)"/.exec(figure('t', [panel]))?.[1] ?? ''
    expect(path.match(/M/g)).toHaveLength(2)
    expect(path.match(/L/g)).toHaveLength(1)
  })
})
