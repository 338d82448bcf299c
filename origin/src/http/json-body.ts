import { isUtf8 } from 'node:buffer'
import { limits, losesDigits, type Problem } from '@spillway/origin/contract'
import type { ParsedBody } from '../stage/request.ts'
import { pointerToken, validationFailed } from './validator.ts'

/**
 * JSON of callers (RFC 8259), read so that two readers cannot take it for two different things: valid UTF-8, no member
 * twice in one object (§4), no number that loses digits on the way (§6), no member that reaches an object's prototype,
 * and bounded nesting. `JSON.parse` does the syntax; one pass over the text does what it cannot tell.
 */
export function parseJsonBody(bytes: Buffer): ParsedBody {
  if (bytes.length === 0) return refuse('The body is empty.')
  if (!isUtf8(bytes)) return refuse('The body is not valid UTF-8.')
  const text = bytes.toString('utf8')
  if (text.startsWith('\ufeff'))
    return refuse('The body begins with a byte order mark (U+FEFF): send it without one.')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return refuse(describeSyntaxError(error as Error))
  }
  const objection = findObjection(text) ?? (mayHoldSurrogates(text) ? findSurrogate(value) : undefined)
  if (objection !== undefined) return refuse(objection)
  const nulAt = mayHoldNul(text) ? findNul(value, '') : undefined
  if (nulAt === undefined) return { ok: true, value, text }
  return { ok: false, problem: validationFailed([{ pointer: nulAt, detail: 'Must not hold NUL (U+0000).' }]) }
}

const refuse = (detail: string): { readonly ok: false; readonly problem: Problem } => ({
  ok: false,
  problem: { code: 'malformed-json', detail },
})

/** Where the mistake is, without a word of the body: it may hold what is nobody else's business, logs included. */
function describeSyntaxError({ message }: Error): string {
  const position = /at position (\d+)/.exec(message)?.[1]
  if (position !== undefined) return `The body is not JSON: see character ${Number(position) + 1}.`
  return message.includes('end of JSON')
    ? 'The body is not JSON: it ends too early.'
    : 'The body is not JSON.'
}

const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const quote = 0x22
const backslash = 0x5c
const comma = 0x2c

/** @param text valid JSON */
function findObjection(text: string): string | undefined {
  /** Names seen in each object that is open; `undefined` for an array. */
  const open: (Set<string> | undefined)[] = []
  let wantsName = false
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charCodeAt(index)
    if (char === quote) {
      const end = endOfString(text, index)
      if (wantsName) {
        const raw = text.slice(index + 1, end)
        const name = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
        const names = open.at(-1) as Set<string>
        if (name === '__proto__') return 'No member may be named __proto__.'
        if (names.has(name)) return `A member stands twice in one object: see character ${index + 1}.`
        names.add(name)
        wantsName = false
      }
      index = end
    } else if (char === openBrace || char === openBracket) {
      open.push(char === openBrace ? new Set() : undefined)
      if (open.length > limits.jsonDepthMax) return `At most ${limits.jsonDepthMax} levels of nesting.`
      wantsName = char === openBrace
    } else if (char === closeBrace || char === closeBracket) {
      open.pop()
      wantsName = false
    } else if (char === comma) {
      wantsName = open.at(-1) !== undefined
    } else if (char === 0x2d || (char >= 0x30 && char <= 0x39)) {
      const start = index
      while (isNumberPart(text.charCodeAt(index + 1))) index += 1
      if (losesDigits(text.slice(start, index + 1))) {
        return `A number cannot be kept as it is written: see character ${start + 1}.`
      }
    }
  }
  return undefined
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, index: number): boolean {
  let slashes = 0
  while (text.charCodeAt(index - 1 - slashes) === backslash) slashes += 1
  return slashes % 2 === 1
}

/** `+ - . 0-9 E e` */
const isNumberPart = (char: number): boolean =>
  (char >= 0x30 && char <= 0x39) ||
  char === 0x2e ||
  char === 0x2d ||
  char === 0x2b ||
  char === 0x65 ||
  char === 0x45

/** A lone surrogate is no character: the database would store another one in its place. */
const mayHoldSurrogates = (text: string): boolean => text.includes('\\u') && /\\u[dD][89a-fA-F]/.test(text)

function findSurrogate(value: unknown): string | undefined {
  const texts = typeof value === 'string' ? [value] : []
  const nested = typeof value === 'object' && value !== null ? Object.entries(value).flat() : []
  if (texts.some((text) => !text.isWellFormed())) return 'A text holds half of a surrogate pair.'
  for (const part of nested) {
    const objection = findSurrogate(part)
    if (objection !== undefined) return objection
  }
  return undefined
}

/** DocumentDB stores no NUL, and no query takes one: such a text could not be asked for. */
const mayHoldNul = (text: string): boolean => text.includes('\\u0000')

/** JSON Pointer (RFC 6901) to the first text, or name of a member, that holds NUL. */
function findNul(value: unknown, pointer: string): string | undefined {
  if (typeof value === 'string') return value.includes('\0') ? pointer : undefined
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, member] of Object.entries(value)) {
    const place = `${pointer}/${pointerToken(name)}`
    const found = name.includes('\0') ? place : findNul(member, place)
    if (found !== undefined) return found
  }
  return undefined
}
