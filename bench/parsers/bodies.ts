import { type Fields, findView, limits, type Parsed, type View } from '@spillway/origin/contract'
import { resources } from '@spillway/origin/fixture'
import { BSON } from 'mongodb'
import { parseJsonBody } from '../../origin/src/http/json-body.ts'
import type { ParsedBody } from '../../origin/src/http/request.ts'
import { batchItems, checkItems } from '../../origin/src/resource/batch-creates.ts'
import { compileView } from '../../origin/src/resource/compiled-view.ts'
import { createCompilers } from '../../origin/src/resource/validator.ts'
import { canonicalJson } from '../../origin/src/store/canonical-json.ts'
import { requestFingerprint } from '../../origin/src/store/creation-key.ts'

/**
 * The origin's work on a body, without driver and network: the largest accepted one, and the most expensive refused
 * ones. A refused body must not cost more than an accepted one. The cast is safe: the application has trips.
 */
const compiled = compileView(findView(resources, 'v2', 'trips') as View, createCompilers(), 0)
const write = { principal: { subject: 'alice', scopes: [] }, nowMs: 0, operation: 'create' } as const

/** Reads and checks a batch, and serializes the refusal if there is one. */
function check(parsed: ParsedBody): readonly Parsed<Fields>[] | string {
  if (!parsed.ok) return JSON.stringify(parsed.problem)
  const items = batchItems(parsed.value, compiled.view.resource.batchSizeMax)
  if (!items.ok) return JSON.stringify(items.problem)
  return checkItems(compiled, items.value, write)
}

/** @returns the problem of each item, or of the whole body */
export function refuse(bytes: Buffer): readonly string[] {
  const checked = check(parseJsonBody(bytes))
  if (typeof checked === 'string') return [checked]
  return checked.flatMap((one) => (one.ok ? [] : [JSON.stringify(one.problem)]))
}

/** @returns number of documents that were checked, converted to the stored form and serialized for the answer */
export function take(bytes: Buffer): number {
  const parsed = parseJsonBody(bytes)
  const checked = check(parsed)
  if (!parsed.ok || typeof checked === 'string') return 0
  // As with an Idempotency-Key.
  requestFingerprint('batchCreate', canonicalJson(parsed.value))
  const taken = checked.flatMap((one) => (one.ok ? [one.value] : []))
  const now = new Date(0).toISOString()
  const documents = taken.map((fields, index) => ({
    _id: `00000000-0000-4000-8000-${index}`,
    _v: 1,
    _created: now,
    _updated: now,
    ...fields,
  }))
  BSON.serialize({ insert: 'trips', documents })
  for (const [index, fields] of taken.entries()) {
    const id = String(index)
    compiled.serialize(
      // The cast is safe: the serializer does not read the bookkeeping.
      { id, version: 1, createdAt: now, updatedAt: now, fields, bookkeeping: {} as never },
      undefined,
      [],
    )
  }
  return taken.length
}

/** The most expensive valid trip: many strings, and characters that need an escape in JSON. */
const trip = (number: number) => ({
  title: `Trip ${number}`,
  startsOn: '2026-05-01',
  endsOn: '2026-05-09',
  placeIds: Array.from({ length: 50 }, (_, index) => `p${number}-${index}`.padEnd(20, 'x')),
  budgetCents: 120_000,
  notes: '"'.repeat(630),
})
const batch = (item: (number: number) => unknown): Buffer =>
  Buffer.from(JSON.stringify({ items: Array.from({ length: 100 }, (_, number) => item(number)) }))

export const largestGood = batch(trip)

const filled = (text: string, before = '{"items":[', after = '0]}'): Buffer => {
  const room = limits.bodyBytesMax - before.length - after.length
  return Buffer.from(before + text.repeat(Math.floor(room / text.length)) + after)
}
const unknown = Object.fromEntries(Array.from({ length: 250 }, (_, number) => [`f${number}`, 0]))

export const refused: Readonly<Record<string, Buffer>> = {
  numbers: filled('10,'),
  'numbers with exponents': filled('1e001,'),
  zeros: filled('0e1,'),
  'long numbers': filled('123456789012345.0,'),
  arrays: filled('[],'),
  'nested arrays': filled('[[[[[[[[[[]]]]]]]]]],'),
  objects: filled('{"a":{"b":0}},'),
  'NUL behind arrays': filled('[],"          ",', '{"items":[', '"\\u0000"]}'),
  'NUL behind texts': filled('"a",', '{"items":[', '"\\u0000"]}'),
  'half a pair behind texts': filled('"a",', '{"items":[', '"\\ud800"]}'),
  escapes: filled('\\"', '{"items":["', '"]}'),
  'invalid ids': filled('"!",', '{"items":[{"placeIds":[', '""]}]}'),
  'no end': filled('"a",', '{"items":[', '"a"'),
  'unknown members': batch(() => unknown),
  'invalid ids of each item': batch((number) => ({
    ...trip(number),
    notes: 'n',
    placeIds: Array(550).fill('!'),
  })),
}
