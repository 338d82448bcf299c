import { type Scale, short } from './scale.ts'

/** Style of a line, in colours that colour-blind people can distinguish (Okabe and Ito 2008). */
export type Look = 'blue' | 'orange' | 'green' | 'red' | 'grey' | 'grey-dashed' | 'red-dashed'

export interface Line {
  readonly name: string
  readonly look: Look
  /** x and y in the units of the panel's scales; `NaN`: a gap. */
  readonly points: readonly (readonly [number, number])[]
  /** Dots instead of a line. */
  readonly dots?: boolean
  /** Whether the value stays until the next point and then jumps. */
  readonly steps?: boolean
}

export interface Panel {
  readonly title: string
  readonly x: Scale
  readonly xLabel: (value: number) => string
  readonly y: Scale
  readonly yLabel?: (value: number) => string
  readonly lines: readonly Line[]
  /** Caption under the panel. */
  readonly note?: string
}

/** Width of an upright phone, so that text never becomes smaller than its font size. */
const width = 380
const left = 44
const right = 12
const plotHeight = 96
const plotWidth = width - left - right

const style = `
svg{--bg:#fff;--ink:#1a1a1a;--soft:#666;--rule:#e2e2e2;--blue:#0072b2;--orange:#c65a00;--green:#00805c;--red:#b3261e;--grey:#8a8a8a}
@media (prefers-color-scheme:dark){svg{--bg:#16181c;--ink:#ececec;--soft:#a3a8b0;--rule:#30343b;--blue:#56b4e9;--orange:#f0a04b;--green:#35c79a;--red:#ff8a80;--grey:#7d838c}}
text{font:11px system-ui,sans-serif;fill:var(--soft)}.title{font-weight:600;fill:var(--ink);font-size:12px}.head{font-weight:700;fill:var(--ink);font-size:14px}
.rule{stroke:var(--rule);stroke-width:1}.line{fill:none;stroke-width:1.6;stroke-linejoin:round}
.blue{stroke:var(--blue)}.orange{stroke:var(--orange)}.green{stroke:var(--green)}.red{stroke:var(--red)}.grey{stroke:var(--grey)}.grey-dashed{stroke:var(--grey);stroke-dasharray:2 3}.red-dashed{stroke:var(--red);stroke-dasharray:5 3}
.dot{stroke-width:0}.dot.blue{fill:var(--blue)}.dot.orange{fill:var(--orange)}.dot.green{fill:var(--green)}.dot.red{fill:var(--red)}.dot.grey{fill:var(--grey)}
`.replaceAll('\n', '')

/** Panels under each other, as one SVG that follows the reader's light or dark scheme. */
export function figure(title: string, panels: readonly Panel[]): string {
  let y = 14
  const body: string[] = []
  for (const row of wrap(title, 44)) {
    y += 14
    body.push(text(left - 36, y, row, { name: 'head' }))
  }
  y += 8
  for (const panel of panels) {
    const drawn = drawPanel(panel, y)
    body.push(...drawn.parts)
    y = drawn.bottom
  }
  const height = Math.ceil(y + 8)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${inXml(title)}"><style>${style}</style><rect width="${width}" height="${height}" fill="var(--bg)"/>\n${body.join('\n')}\n</svg>\n`
}

function drawPanel(
  panel: Panel,
  from: number,
): { readonly parts: readonly string[]; readonly bottom: number } {
  const { title, x, xLabel, y, yLabel = short, lines, note } = panel
  const parts = [text(left - 36, from + 12, title, { name: 'title' })]
  const top = from + 38
  const legend = lines.filter(({ name }) => name !== '')
  let at = left - 36
  for (const { name, look } of legend) {
    parts.push(`<path class="line ${look}" d="M${at} ${from + 24}h16"/>`, text(at + 20, from + 28, name))
    at += 30 + name.length * 6.1
  }
  const px = (value: number) => left + x.position(value) * plotWidth
  const py = (value: number) => top + (1 - y.position(value)) * plotHeight
  for (const tick of y.ticks) {
    parts.push(`<path class="rule" d="M${left} ${round(py(tick))}h${plotWidth}"/>`)
    parts.push(text(left - 5, py(tick) + 4, yLabel(tick), { anchor: 'end' }))
  }
  const bottom = top + plotHeight
  for (const tick of x.ticks) {
    // The last label would extend beyond the edge.
    const anchor = x.position(tick) > 0.98 ? 'end' : 'middle'
    parts.push(text(px(tick), bottom + 14, xLabel(tick), { anchor }))
  }
  for (const line of lines) parts.push(drawLine(line, px, py))
  let end = bottom + 22
  for (const row of wrap(note ?? '', 62)) {
    end += 13
    parts.push(text(left - 36, end - 4, row))
  }
  return { parts, bottom: end + 8 }
}

function drawLine({ look, points, dots, steps }: Line, px: Place, py: Place): string {
  const drawn = points.map(([x, y]) => [round(px(x)), Number.isNaN(y) ? Number.NaN : round(py(y))] as const)
  if (dots === true) {
    return drawn.map(([x, y]) => `<circle class="dot ${look}" cx="${x}" cy="${y}" r="2.4"/>`).join('')
  }
  let path = ''
  for (const [index, [x, y]] of drawn.entries()) {
    const before = drawn[index - 1]?.[1]
    const after = drawn[index + 1]?.[1]
    if (Number.isNaN(y)) continue
    // Drops points inside a level stretch.
    if (before === y && after === y) continue
    if (before === undefined || Number.isNaN(before)) path += `M${x} ${y}`
    else path += steps === true && before !== y ? `H${x}V${y}` : `L${x} ${y}`
  }
  return `<path class="line ${look}" d="${path}"/>`
}

type Place = (value: number) => number

const round = (value: number): number => Math.round(value * 10) / 10

interface TextLook {
  /** Class of the style sheet. @default none */
  readonly name?: string
  /** SVG's `text-anchor`. @default start */
  readonly anchor?: string
}

const text = (x: number, y: number, words: string, { name = '', anchor = '' }: TextLook = {}): string =>
  `<text x="${round(x)}" y="${round(y)}"${name && ` class="${name}"`}${anchor && ` text-anchor="${anchor}"`}>${inXml(words)}</text>`

const inXml = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** Wraps text at a number of characters. */
function wrap(words: string, length: number): readonly string[] {
  const rows: string[] = []
  for (const word of words.split(' ').filter((part) => part !== '')) {
    const last = rows.at(-1)
    if (last !== undefined && last.length + word.length < length) rows[rows.length - 1] = `${last} ${word}`
    else rows.push(word)
  }
  return rows
}
