/**
 * Parses a list of strings in one parameter: `FR,IT`. A string that contains a comma or a quotation mark, or that
 * begins or ends with a blank, is written in double quotes: `"Case, Upper",Paris`; inside them `\"` is a quotation mark
 * and `\\` a backslash, as in PostgREST. Percent-encoding makes no difference, because client libraries decide whether
 * `,` is sent as `%2C`.
 *
 * @param countMax maximum strings of interest: at most one more is parsed. @default all
 * @returns the strings; `undefined` if a quote is not closed, or is inside an unquoted string
 */
export function parseTextList(list: string, countMax = list.length): readonly string[] | undefined {
  if (!list.includes('"')) {
    const texts = list.split(',', countMax + 1)
    return texts.every(isBare) ? texts : undefined
  }
  const texts: string[] = []
  let index = 0
  while (true) {
    const item = list[index] === '"' ? readQuoted(list, index) : readBare(list, index)
    if (item === undefined) return undefined
    texts.push(item.text)
    if (item.end === list.length || texts.length > countMax) return texts
    if (list[item.end] !== ',') return undefined
    index = item.end + 1
  }
}

/** Writes one string so that {@link parseTextList} reads it back. */
export function formatListText(text: string): string {
  return isBare(text) && !text.includes(',') ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** The quoting rule, for error messages. */
export const textListRule =
  'Put a value that holds a comma, a quotation mark or a backslash, or that begins or ends with a blank, in double quotes: `"Case, Upper",Paris`. Inside them write `\\"` for a quotation mark and `\\\\` for a backslash.'

interface Item {
  readonly text: string
  /** Index after the string. */
  readonly end: number
}

function readBare(list: string, start: number): Item | undefined {
  const comma = list.indexOf(',', start)
  const end = comma === -1 ? list.length : comma
  const text = list.slice(start, end)
  return isBare(text) ? { text, end } : undefined
}

function readQuoted(list: string, start: number): Item | undefined {
  const parts: string[] = []
  let from = start + 1
  for (let index = from; index < list.length; index += 1) {
    const char = list[index]
    if (char === '"') {
      parts.push(list.slice(from, index))
      return { text: parts.join(''), end: index + 1 }
    }
    if (char !== '\\') continue
    const escaped = list[index + 1]
    if (escaped !== '"' && escaped !== '\\') return undefined
    parts.push(list.slice(from, index))
    from = index + 1
    index += 1
  }
  return undefined
}

/** Outer blanks need quotes, because they are usually a list written with spaces. */
const isBare = (text: string): boolean => !text.includes('"') && !text.includes('\\') && text.trim() === text
