import { figure as digits } from '../measure/table.ts'
import { escapeText } from './html.ts'

export interface BarRow {
  readonly name: string
  /** Parts of the bar, in order. */
  readonly parts: readonly { readonly name: string; readonly value: number }[]
  /** Minimum and maximum of the repetitions, for the whole bar. */
  readonly spread?: readonly [number, number]
  readonly isOurs?: boolean
  /** Text in place of a missing figure. */
  readonly missing?: string
}

const width = 380
const rowHeight = 40
const left = 8
const right = 64

const style = `
svg{--bg:#fff;--ink:#1a1a1a;--soft:#666;--a:#0072b2;--b:#6fb3da;--c:#b7d8ec;--d:#8a8a8a;--e:#b4b4b4;--f:#d6d6d6}
@media (prefers-color-scheme:dark){svg{--bg:#16181c;--ink:#ececec;--soft:#a3a8b0;--a:#56b4e9;--b:#3a7ba1;--c:#27536d;--d:#9aa0a8;--e:#6e747c;--f:#4a4f56}}
text{font:11px system-ui,sans-serif;fill:var(--soft)}.name{fill:var(--ink)}.ours{font-weight:700}.head{font-weight:700;fill:var(--ink);font-size:14px}
.whisker{stroke:var(--ink);stroke-width:1.2}`.replaceAll('\n', '')

const fills = {
  ours: ['var(--a)', 'var(--b)', 'var(--c)'],
  others: ['var(--d)', 'var(--e)', 'var(--f)'],
} as const

/** Horizontal bars, shortest first, on one scale from 0. */
export function barFigure(title: string, unit: string, rows: readonly BarRow[]): string {
  const total = ({ parts }: BarRow) => parts.reduce((sum, { value }) => sum + value, 0)
  const sorted = rows.toSorted((a, b) => order(total(a)) - order(total(b)))
  const max = Math.max(1e-9, ...sorted.map((row) => row.spread?.[1] ?? total(row)).filter(Number.isFinite))
  const toWidth = (value: number) => (value / max) * (width - left - right)
  const body = sorted.map((row, i) => {
    const y = 40 + i * rowHeight
    const name = `<text class="name${row.isOurs ? ' ours' : ''}" x="${left}" y="${y}">${escapeText(row.name)}</text>`
    if (row.missing !== undefined)
      return `${name}<text x="${left}" y="${y + 17}">${escapeText(row.missing)}</text>`
    let x = left
    const bars = row.parts.map(({ name: part, value }, index) => {
      const fill = fills[row.isOurs ? 'ours' : 'others'][index % 3]
      const bar = `<rect x="${round(x)}" y="${y + 6}" width="${round(toWidth(value))}" height="13" fill="${fill}"><title>${escapeText(`${part}: ${digits(value)} ${unit}`)}</title></rect>`
      x += toWidth(value)
      return bar
    })
    return `${name}${bars.join('')}${whisker(row.spread, toWidth, y)}<text x="${round(Math.max(x, left + toWidth(row.spread?.[1] ?? 0)) + 5)}" y="${y + 17}">${digits(total(row))}</text>`
  })
  const height = 30 + sorted.length * rowHeight + 4
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(title)}"><style>${style}</style><rect width="${width}" height="${height}" fill="var(--bg)"/><text class="head" x="${left}" y="16">${escapeText(title)}</text>${body.join('\n')}</svg>\n`
}

const order = (value: number): number =>
  Number.isFinite(value) && value > 0 ? value : Number.POSITIVE_INFINITY

function whisker(spread: BarRow['spread'], toWidth: (value: number) => number, y: number): string {
  if (spread === undefined || spread[0] === spread[1]) return ''
  const [from, to] = [left + toWidth(spread[0]), left + toWidth(spread[1])].map(round)
  return `<path class="whisker" d="M${from} ${y + 9}v7M${from} ${y + 12.5}H${to}M${to} ${y + 9}v7"/>`
}

const round = (value: number): number => Math.round(value * 10) / 10
