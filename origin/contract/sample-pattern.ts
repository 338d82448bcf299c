/** One part of a pattern: characters to choose from, and how many of them. */
interface Part {
  readonly characters: string
  readonly min: number
  readonly max: number
}

/**
 * Text that matches a regular expression of the kind that ids and codes have: characters, classes and `\d` in a row,
 * each with an optional count.
 *
 * @param random uniform on [0, 1)
 * @throws Error for anything else, e.g. groups
 */
export function samplePattern(pattern: string, random: () => number): string {
  return partsOf(pattern)
    .map(({ characters, min, max }) => {
      const length = min + Math.floor(random() * (max - min + 1))
      return Array.from({ length }, () => characters[Math.floor(random() * characters.length)]).join('')
    })
    .join('')
}

const syntax = /(\[[^\]]+\]|\\d|\\w|\\[^a-z]|[^\\[\](){}|*+?.^$])(\{(\d+)(?:,(\d+))?\}|[*+?])?/y

function partsOf(pattern: string): readonly Part[] {
  const source = pattern.replace(/^\^/, '').replace(/\$$/, '')
  const parts: Part[] = []
  syntax.lastIndex = 0
  while (syntax.lastIndex < source.length) {
    const match = syntax.exec(source)
    if (match === null) throw new Error(`no sample for the pattern ${pattern}`)
    const [, what = '', count, from, to] = match
    parts.push({ characters: charactersOf(what), ...countOf(count, from, to) })
  }
  return parts
}

function countOf(count: string | undefined, from: string | undefined, to: string | undefined) {
  if (count === undefined) return { min: 1, max: 1 }
  if (count === '?') return { min: 0, max: 1 }
  // Open ends are kept short.
  if (count === '*' || count === '+') return { min: 1, max: 8 }
  return { min: Number(from), max: Number(to ?? from) }
}

const digits = '0123456789'
const letters = 'abcdefghijklmnopqrstuvwxyz'

function charactersOf(what: string): string {
  if (what === '\\d') return digits
  if (what === '\\w') return `${letters}${letters.toUpperCase()}${digits}_`
  if (what.startsWith('\\')) return what.slice(1)
  if (!what.startsWith('[')) return what
  return what
    .slice(1, -1)
    .replace(/\\d/g, '0-9')
    .replace(/(.)-(.)/g, (_, from: string, to: string) => range(from, to))
}

function range(from: string, to: string): string {
  const codes = Array.from(
    { length: to.charCodeAt(0) - from.charCodeAt(0) + 1 },
    (_, i) => from.charCodeAt(0) + i,
  )
  return String.fromCharCode(...codes)
}
