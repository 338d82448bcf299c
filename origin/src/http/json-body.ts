import { isUtf8 } from 'node:buffer'
import type { Problem } from '@spillway/origin/contract'
import { findObjection } from './json-scan.ts'
import type { ParsedBody } from './request.ts'
import { pointerToken, validationFailed } from './validation-problem.ts'

/** `Content-Type` of every JSON answer. */
export const jsonType = 'application/json; charset=utf-8'

/**
 * Parses JSON of callers (RFC 8259) so that no two parsers can read it differently: valid UTF-8, no duplicate member
 * (§4), no number that loses digits (§6), no `__proto__` member, bounded nesting and a bounded number of member names.
 * A scan of the text enforces most of this before `JSON.parse` checks the syntax: `JSON.parse` hides duplicates, and is
 * slow for bodies that are built to make it slow. A refusal never costs more than parsing the largest good body.
 */
export function parseJsonBody(bytes: Buffer): ParsedBody {
  if (bytes.length === 0) return refuse('The body is empty.')
  if (!isUtf8(bytes)) return refuse('The body is not valid UTF-8.')
  const text = bytes.toString('utf8')
  if (text.startsWith('\ufeff'))
    return refuse('The body starts with a byte order mark (U+FEFF). Send it without one.')
  const objection = findObjection(text)
  if (objection !== undefined) return refuse(objection)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    // The cast is safe: `JSON.parse` throws a SyntaxError.
    return refuse(describeSyntaxError(error as Error))
  }
  if (mayHoldSurrogates(text) && findText(value, isIllFormed) !== undefined) {
    return refuse('A string contains an unpaired surrogate.')
  }
  const nulAt = mayHoldNul(text) ? findText(value, holdsNul) : undefined
  if (nulAt === undefined) return { ok: true, value, text }
  const pointer = nulAt.map((name) => `/${pointerToken(name)}`).join('')
  return { ok: false, problem: validationFailed([{ pointer, detail: 'Must not contain NUL (U+0000).' }]) }
}

const refuse = (detail: string): { readonly ok: false; readonly problem: Problem } => ({
  ok: false,
  problem: { code: 'malformed-json', detail },
})

/** Position of the syntax error, without any text of the body: it may hold secrets, and details are logged. */
function describeSyntaxError({ message }: Error): string {
  const position = /at position (\d+)/.exec(message)?.[1]
  if (position !== undefined) return `Invalid JSON: see character ${Number(position) + 1}.`
  return message.includes('end of JSON') ? 'Invalid JSON: unexpected end of the body.' : 'Invalid JSON.'
}

/** A lone surrogate is no Unicode character: the database would store U+FFFD in its place. */
const mayHoldSurrogates = (text: string): boolean => text.includes('\\u') && /\\u[dD][89a-fA-F]/.test(text)

const isIllFormed = (text: string): boolean => !text.isWellFormed()

/** Strings with NUL are refused, because DocumentDB can neither store nor match them. */
const mayHoldNul = (text: string): boolean => text.includes('\\u0000')

const holdsNul = (text: string): boolean => text.includes('\0')

/** Path to the first string, or member name, that matches. perf: the path is built only after a match. */
function findText(value: unknown, holds: (text: string) => boolean): readonly string[] | undefined {
  if (typeof value === 'string') return holds(value) ? [] : undefined
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) {
    // perf: loops by index, because an iterator for each of a hundred thousand arrays would cost more than the checks.
    for (let index = 0; index < value.length; index += 1) {
      const found = findText(value[index], holds)
      if (found !== undefined) return [String(index), ...found]
    }
    return undefined
  }
  // The cast is safe: it is neither a primitive nor an array.
  const members = value as Readonly<Record<string, unknown>>
  for (const name of Object.keys(members)) {
    const found = holds(name) ? [] : findText(members[name], holds)
    if (found !== undefined) return [name, ...found]
  }
  return undefined
}
