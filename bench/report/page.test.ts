import { describe, expect, it } from 'vitest'
import type { Result } from '../measure/result.ts'
import { barFigure } from './bar-figure.ts'
import { html, raw } from './html.ts'
import { page } from './page.ts'

const metric = (samples: readonly (number | null)[]) => ({
  unit: 'µs',
  better: 'lower' as const,
  samples: [...samples],
})

const result = (bench: string, more: Partial<Result> = {}): Result => ({
  format: 'spillway-bench-1',
  bench,
  command: `npm run bench -- ${bench}`,
  startedAt: '2026-11-24T12:00:00.000Z',
  seconds: 60,
  quick: false,
  machine: { cpu: 'a processor', cores: 2, memoryGiB: 8, system: 'Linux' },
  versions: { node: 'v24.21.0', commit: '0123456789ab' },
  settings: { seconds: 30, usersMax: 100_000 },
  rows: [],
  series: [],
  bars: [{ name: `${bench}-bar`, measured: 12.5, holds: '>=', limit: 10, pass: true }],
  ...more,
})

const story = result('story', {
  rows: ['API Gateway', 'Spillway'].map((subject) => ({
    case: 'spike',
    subject,
    metrics: { goodput: metric([10, 12, 11]) },
  })),
  series: [
    {
      name: 'users',
      unit: 'users',
      points: [
        [0, 1_000],
        [30, 100_000],
      ],
    },
    {
      name: 'API Gateway: errors',
      unit: '%',
      points: [
        [0, 0],
        [30, 95],
      ],
    },
    {
      name: 'Spillway: errors',
      unit: '%',
      points: [
        [0, 0],
        [30, 1],
      ],
    },
  ],
})

describe('the page', () => {
  it('has a section with a figure, all figures and their origin for each result that is there', () => {
    const { html: text, figures } = page([story])
    expect(text).toContain('<section id="story">')
    expect(text).toContain('<svg')
    expect(text).toContain('11.0<small> 10.0–12.0</small>')
    expect(text).toContain('npm run bench -- story')
    expect(text).toContain('a processor')
    expect(Object.keys(figures)).toEqual(['cost', 'story'])
  })

  it('says which measurements are not in it', () => {
    expect(page([story]).html).toContain('npm run bench -- peers')
  })

  it('says of which commit and days the figures are', () => {
    const edge = result('edge', { startedAt: '2026-11-25T00:10:00.000Z' })
    const { html: text } = page([story, edge])
    expect(text).toContain('Commit <code>0123456789ab</code> measured 2026-11-24 to 2026-11-25.')
    expect(text).toContain('<code>npm run bench -- edge</code>, 0123456789ab, 2026-11-25,')
  })

  const of = (commit: string) => ({ versions: { node: 'v24.21.0', commit } })
  it.each<[string, Partial<Result>, string]>([
    ['a quick run', { quick: true }, 'Quick runs, with fewer and shorter repetitions: edge.'],
    [
      'results of different commits',
      of('ba9876543210'),
      'The results are of 2 commits: 0123456789ab (story); ba9876543210 (edge).',
    ],
    ['a dirty tree', of('0123456789ab-dirty'), 'Measured with changes that are in no commit: edge.'],
    ['a folder that is no checkout', { versions: {} }, 'Measured with changes that are in no commit: edge.'],
    [
      'results of different machines',
      { machine: { ...story.machine, cores: 64 } },
      'The results are of 2 machines.',
    ],
  ])('marks %s in red', (_, more, objection) => {
    expect(page([story, result('edge')]).html).not.toContain('class="note"')
    expect(page([story, result('edge', more)]).html).toContain(`<p class="note">${objection}</p>`)
  })

  it('loads nothing from elsewhere', () => {
    expect(page([story]).html).not.toMatch(/(src|href)="https?:|@import|url\(/)
  })

  it('shows a bar that fails as failed, and one that was not measured as such', () => {
    const bars = [{ name: 'lost', measured: null, holds: '<=' as const, limit: 1, pass: false }]
    expect(page([{ ...story, bars }]).html).toContain('<tr class="fail"><td>lost</td><td>fail</td><td>–</td>')
  })

  it('shows the floor of a bar beside its limit', () => {
    const bars = [{ name: 'cpu', measured: 2.5, holds: '<=' as const, limit: 1.5, pass: false, floor: 1.75 }]
    expect(page([{ ...story, bars }]).html).toContain('<td>2.50</td><td>&lt;= 1.5</td><td>1.75</td>')
  })
})

describe('markup', () => {
  it('escapes text, and keeps markup as it is', () => {
    expect(html`<b>${'<script>&"'}</b>${raw('<i>')}${[html`<u>${1}</u>`]}`.text).toBe(
      '<b>&lt;script&gt;&amp;&quot;</b><i><u>1</u>',
    )
  })
})

describe('a figure of bars', () => {
  const svg = barFigure('CPU', 'µs', [
    { name: 'slow', parts: [{ name: 'server', value: 300 }], spread: [280, 400] },
    {
      name: 'ours',
      parts: [
        { name: 'server', value: 60 },
        { name: 'database', value: 40 },
      ],
      isOurs: true,
    },
    { name: 'absent', parts: [], missing: 'not installed' },
  ])

  it('has the shortest first, and says why one is missing', () => {
    expect(svg.indexOf('>ours<')).toBeLessThan(svg.indexOf('>slow<'))
    expect(svg.indexOf('>slow<')).toBeLessThan(svg.indexOf('>absent<'))
    expect(svg).toContain('not installed')
  })

  it('follows the reader’s colour scheme', () => expect(svg).toContain('prefers-color-scheme:dark'))
})
