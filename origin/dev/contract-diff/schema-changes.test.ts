import { describe, expect, it } from 'vitest'
import { schemaChanges, type Use } from './schema-changes.ts'
import type { Json } from './surface.ts'

const changes = (before: Json, after: Json, use: Use): string[] =>
  [...schemaChanges('body', before, after, use)].map(({ text, breaks }) => `${breaks ? '!' : '+'} ${text}`)

const object = (properties: Json, required: readonly string[] = []): Json => ({
  type: 'object',
  properties,
  required,
})
const text = { type: 'string' }
const count = { type: 'integer' }

/** A narrow schema, a wide one, and the changes from the wide to the narrow one and back, without their marks. */
const widths: readonly (readonly [string, Json, Json, string, string])[] = [
  ['type', text, { type: ['string', 'null'] }, 'body: null is not possible any more', 'body: can be null'],
  ['integer', count, { type: 'number' }, 'body: number is not possible any more', 'body: can be number'],
  ['enum', { enum: ['a'] }, { enum: ['a', 'b'] }, 'body: "b" is not possible any more', 'body: can be "b"'],
  ['const', { const: 1 }, { enum: [1, 2] }, 'body: 2 is not possible any more', 'body: can be 2'],
  ['any value', { enum: ['a'] }, {}, 'body: only certain values are possible', 'body: any value is possible'],
  [
    'alternative',
    { anyOf: [text] },
    { anyOf: [text, { type: 'null' }] },
    'body: null is not possible any more',
    'body: can be null',
  ],
  ['format', { type: 'string', format: 'date' }, text, 'body: format added', 'body: format removed'],
  ['required', object({ a: text }, ['a']), object({ a: text }), 'body.a: required', 'body.a: can be absent'],
  [
    'item',
    { items: { enum: [1] } },
    { items: { enum: [1, 2] } },
    'body[]: 2 is not possible any more',
    'body[]: can be 2',
  ],
  [
    'other members',
    { additionalProperties: { type: 'string' } },
    { additionalProperties: { type: ['string', 'null'] } },
    'body.*: null is not possible any more',
    'body.*: can be null',
  ],
]

describe.each(widths)('%s', (_name, narrow, wide, narrowed, widened) => {
  it('breaks those who send or have stored it if it becomes narrower', () => {
    for (const use of ['sent', 'stored'] as const) {
      expect(changes(wide, narrow, use)).toEqual([`! ${narrowed}`])
      expect(changes(narrow, wide, use)).toEqual([`+ ${widened}`])
    }
  })

  it('breaks those who are shown it if it becomes wider', () => {
    expect(changes(wide, narrow, 'shown')).toEqual([`+ ${narrowed}`])
    expect(changes(narrow, wide, 'shown')).toEqual([`! ${widened}`])
  })
})

/** Bounds: a narrow and a wide schema, and the change from the wide one to the narrow one. */
const bounds: readonly (readonly [Json, Json, string])[] = [
  [{ maxLength: 5 }, { maxLength: 9 }, 'maxLength 9 is 5'],
  [{ maximum: 5 }, {}, 'maximum added'],
  [{ exclusiveMaximum: 5 }, { exclusiveMaximum: 6 }, 'exclusiveMaximum 6 is 5'],
  [{ minLength: 5 }, { minLength: 2 }, 'minLength 2 is 5'],
  [{ minimum: 0 }, {}, 'minimum added'],
  [{ minItems: 1 }, { minItems: 0 }, 'minItems 0 is 1'],
  [{ maxItems: 1 }, { maxItems: 2 }, 'maxItems 2 is 1'],
  [{ maxProperties: 1 }, {}, 'maxProperties added'],
  [{ pattern: '^a' }, {}, 'pattern added'],
  [{ uniqueItems: true }, {}, 'uniqueItems added'],
  [{ multipleOf: 2 }, {}, 'multipleOf added'],
]

it.each(bounds)('treats %o after %o as a break only for what is sent or stored', (narrow, wide, text) => {
  expect(changes(wide, narrow, 'sent')).toEqual([`! body: ${text}`])
  expect(changes(wide, narrow, 'stored')).toEqual([`! body: ${text}`])
  expect(changes(wide, narrow, 'shown')).toEqual([`+ body: ${text}`])
  for (const use of ['sent', 'stored', 'shown'] as const)
    expect(changes(narrow, wide, use)).toEqual([expect.stringMatching(/^\+ body: /)])
})

it('reports new and removed members by their use', () => {
  const few = object({ a: text })
  const more = object({ a: text, b: count })
  const demanding = object({ a: text, b: count }, ['b'])
  expect(changes(few, more, 'sent')).toEqual(['+ body.b: new'])
  expect(changes(few, demanding, 'sent')).toEqual(['! body.b: new and required'])
  expect(changes(few, demanding, 'stored')).toEqual(['! body.b: new and required'])
  expect(changes(few, demanding, 'shown')).toEqual(['+ body.b: new and required'])
  expect(changes(more, few, 'sent')).toEqual(['! body.b: removed'])
  expect(changes(more, few, 'shown')).toEqual(['! body.b: removed'])
  expect(changes(more, few, 'stored')).toEqual(['+ body.b: removed'])
})

it('names the path of a change within objects and arrays', () => {
  const of = (inner: Json) => object({ days: { type: 'array', items: object({ stop: inner }) } })
  expect(changes(of(text), of({ type: 'integer' }), 'shown')).toEqual([
    '+ body.days[].stop: string is not possible any more',
    '! body.days[].stop: can be integer',
  ])
})

it('reports members that become possible or impossible', () => {
  const open = { additionalProperties: true }
  const closed = { additionalProperties: false }
  expect(changes(open, closed, 'sent')).toEqual(['! body.*: not possible any more'])
  expect(changes(closed, open, 'sent')).toEqual(['+ body.*: possible'])
  expect(changes(closed, open, 'shown')).toEqual(['+ body.*: possible'])
})

it.each([
  [{ pattern: '^a' }, { pattern: '^b' }, 'body: pattern changed'],
  [{ format: 'date' }, { format: 'date-time' }, 'body: format changed'],
  [{ not: { const: 1 } }, { not: { const: 2 } }, 'body: not changed'],
])('treats %o and %o as a break in both directions', (one, other, text) => {
  for (const use of ['sent', 'shown', 'stored'] as const) {
    expect(changes(one, other, use)).toEqual([`! ${text}`])
    expect(changes(other, one, use)).toEqual([`! ${text}`])
  }
})

it('reports nothing for equal schemas', () => {
  const schema = object({ a: text, b: { anyOf: [text, count] } }, ['a'])
  expect(changes(schema, structuredClone(schema), 'sent')).toEqual([])
})
