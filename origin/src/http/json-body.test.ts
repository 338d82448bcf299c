import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJsonBody } from './json-body.ts'

const parse = (text: string) => parseJsonBody(Buffer.from(text))

const detailOf = (text: string | Buffer): string | undefined => {
  const parsed = parseJsonBody(Buffer.from(text as string))
  return parsed.ok ? undefined : parsed.problem.detail
}

it('reads JSON as JSON.parse does', () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 8 }).filter((text) => !text.includes('__proto__') && parse(text).ok),
      (text) => {
        const parsed = parse(text)
        expect(parsed.ok && isDeepStrictEqual(parsed.value, JSON.parse(text))).toBe(true)
      },
    ),
  )
})

it('accepts everything that JSON.stringify makes of plain values', () => {
  const value = fc.jsonValue({ maxDepth: 6, noUnicodeString: false })
  fc.assert(
    fc.property(value, (made) => {
      const text = JSON.stringify(made)
      fc.pre(
        !text.includes('__proto__') &&
          !/\d{16}/.test(text) &&
          !text.includes('\\ud') &&
          !text.includes('\\u0000'),
      )
      expect(parse(text).ok).toBe(true)
    }),
  )
})

describe('refuses', () => {
  const cases: Record<string, readonly [string | Buffer, string]> = {
    'an empty body': ['', 'The body is empty.'],
    'bytes that are not UTF-8': [Buffer.from([0x22, 0xc3, 0x28, 0x22]), 'The body is not valid UTF-8.'],
    'a syntax error, with its position': ['{"a":1,}', 'Invalid JSON: see character 8.'],
    'a duplicate member': ['{"a":1,"a":2}', 'Duplicate member in an object: see character 8.'],
    'a duplicate member whose names are escaped differently': [
      '{"a":1,"\\u0061":2}',
      'Duplicate member in an object: see character 8.',
    ],
    'a duplicate member, deeply nested': [
      '[{"x":{"a":[],"a":{}}}]',
      'Duplicate member in an object: see character 15.',
    ],
    'a member named __proto__': ['{"__proto__":{"admin":true}}', 'Member name __proto__ is not allowed.'],
    'a member named __proto__, escaped': ['{"\\u005f_proto__":1}', 'Member name __proto__ is not allowed.'],
    'an integer that would lose digits': [
      '{"a":9007199254740993}',
      'Number cannot be represented exactly: see character 6.',
    ],
    'a number beyond the range of a double': [
      '[1e999]',
      'Number cannot be represented exactly: see character 2.',
    ],
    'a fraction that would become an integer': [
      '[4.9999999999999999999]',
      'Number cannot be represented exactly: see character 2.',
    ],
    'a byte order mark': [
      '\ufeff{}',
      'The body starts with a byte order mark (U+FEFF). Send it without one.',
    ],
    'a string with NUL': ['{"a":["\\u0000"]}', 'One field is not valid: Must not contain NUL (U+0000).'],
    'a lone surrogate': ['{"a":"\\ud800"}', 'A string contains an unpaired surrogate.'],
    'a duplicate member, after nested objects that have it, too': [
      '{"a":{"b":1},"c":{"b":1},"a":{}}',
      'Duplicate member in an object: see character 26.',
    ],
    'more distinct member names than the limit': [
      JSON.stringify(Object.fromEntries(Array.from({ length: 1_025 }, (_, n) => [`n${n}`, 0]))),
      'A body has at most 1024 different member names.',
    ],
    'a malformed number': ['{"a":1.2.3}', 'Invalid JSON: see character 9.'],
    'an unterminated string': ['{"a":"\\"', 'Invalid JSON: see character 9.'],
    'an invalid escape in a name': ['{"\\x":1}', 'Invalid JSON: see character 4.'],
    'an unmatched closing bracket': ['}{"a":1', 'Invalid JSON.'],
    'more arrays than the limit': [
      `[${Array(32_768).fill('[]').join(',')}]`,
      'Too many arrays and objects: at most 32768.',
    ],
    'nesting beyond the limit': [
      `${'['.repeat(17)}${']'.repeat(17)}`,
      'JSON nested too deeply: at most 16 levels.',
    ],
  }
  for (const [name, [body, detail]] of Object.entries(cases)) {
    it(name, () => expect(detailOf(body)).toBe(detail))
  }
})

it('never quotes the body in a detail', () => {
  for (const text of ['{"password":"swordfish"', 'swordfish', '{"a":swordfish}', '"swordfish']) {
    expect(detailOf(text)).toMatch(/Invalid JSON/)
    expect(detailOf(text)).not.toMatch(/sword|fish|password/)
  }
})

it('ignores braces, quotes and names inside strings', () => {
  for (const text of ['{"a":"{\\"a\\":1,\\"a\\":2}"}', '["\\\\","a","a"]', '{"a":{"a":{"a":1}},"b":"a"}']) {
    expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text), text })
  }
})

it('accepts as many arrays and objects as the limit', () => {
  expect(parse(`[${Array(32_766).fill('[]').join(',')},{}]`).ok).toBe(true)
})

it('accepts the largest exact integers and any fraction', () => {
  for (const text of ['9007199254740991', '-9007199254740991', '0.12345678901234567890', '1e308', '-0']) {
    expect(parse(text).ok).toBe(true)
  }
})

it('accepts a thousand documents with the same member names', () => {
  const items = Array.from({ length: 1_000 }, (_, n) => ({ a: n, b: { a: n, b: [{ a: n }] } }))
  expect(parse(JSON.stringify({ items })).ok).toBe(true)
})

it('points to the first string with NUL', () => {
  const pointerOf = (text: string) => {
    const parsed = parse(text)
    return parsed.ok ? undefined : parsed.problem.errors
  }
  const detail = 'Must not contain NUL (U+0000).'
  expect(pointerOf('{"a/b":["x",{"c":"\\u0000"}]}')).toEqual([{ pointer: '/a~1b/1/c', detail }])
  expect(pointerOf('"\\u0000"')).toEqual([{ pointer: '', detail }])
})

it('accepts nesting as deep as the limit', () =>
  expect(parse(`${'['.repeat(16)}${']'.repeat(16)}`).ok).toBe(true))
