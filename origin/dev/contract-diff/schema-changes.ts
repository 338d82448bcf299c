import { breaking, type Change, safe } from './change.ts'
import type { Json } from './surface.ts'

/**
 * Values that a schema describes: those that clients send, those that they are shown, or stored documents. A value to
 * send or a stored document that was valid must stay valid. An answer must stay valid by the schema that clients know,
 * except for new members, which clients ignore.
 */
export type Use = 'sent' | 'shown' | 'stored'

/** Every difference of two schemas without references, by the path of its place. */
export function* schemaChanges(place: string, before: Json, after: Json, use: Use): Generator<Change> {
  if (JSON.stringify(before) === JSON.stringify(after)) return
  yield* typeChanges(place, before, after, use)
  yield* valueChanges(place, before, after, use)
  yield* boundChanges(place, before, after, use)
  yield* memberChanges(place, before, after, use)
  yield* partChanges(place, before, after, use)
  yield* alternativeChanges(place, before, after, use)
  for (const keyword of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (judged.has(keyword) || same(before[keyword], after[keyword])) continue
    yield breaking(`${place}: ${keyword} changed`)
  }
}

/** A narrower schema breaks clients that send its values, a wider one clients that read them. */
const narrower = (use: Use, text: string): Change => (use === 'shown' ? safe(text) : breaking(text))
const wider = (use: Use, text: string): Change => (use === 'shown' ? breaking(text) : safe(text))

function* typeChanges(place: string, before: Json, after: Json, use: Use): Generator<Change> {
  const was = typesOf(before)
  const is = typesOf(after)
  for (const type of was)
    if (!accepts(is, type)) yield narrower(use, `${place}: ${type} is not possible any more`)
  for (const type of is) if (!accepts(was, type)) yield wider(use, `${place}: can be ${type}`)
}

function typesOf({ type }: Json): readonly string[] {
  if (Array.isArray(type)) return type.map(String)
  return typeof type === 'string' ? [type] : []
}

/** An absent `type` accepts every type. */
const accepts = (types: readonly string[], type: string): boolean =>
  types.length === 0 || types.includes(type) || (type === 'integer' && types.includes('number'))

function* valueChanges(place: string, before: Json, after: Json, use: Use): Generator<Change> {
  const was = valuesOf(before)
  const is = valuesOf(after)
  if (was === undefined && is === undefined) return
  if (was === undefined) return yield narrower(use, `${place}: only certain values are possible`)
  if (is === undefined) return yield wider(use, `${place}: any value is possible`)
  for (const value of was)
    if (!is.includes(value)) yield narrower(use, `${place}: ${value} is not possible any more`)
  for (const value of is) if (!was.includes(value)) yield wider(use, `${place}: can be ${value}`)
}

function valuesOf(schema: Json): readonly string[] | undefined {
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value))
  return schema.const === undefined ? undefined : [JSON.stringify(schema.const)]
}

const upperBounds = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties']
const lowerBounds = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']

/** Wider bounds of what is shown do not break: few clients check them, and every longer text would need a version. */
function* boundChanges(place: string, before: Json, after: Json, use: Use): Generator<Change> {
  for (const keyword of [...upperBounds, ...lowerBounds]) {
    const { [keyword]: was } = before
    const { [keyword]: is } = after
    if (was === is) continue
    const text = `${place}: ${keyword} ${was === undefined ? 'added' : is === undefined ? 'removed' : `${was} is ${is}`}`
    const isNarrower =
      is !== undefined &&
      (was === undefined ||
        (upperBounds.includes(keyword) ? Number(is) < Number(was) : Number(is) > Number(was)))
    yield isNarrower ? narrower(use, text) : safe(text)
  }
  for (const keyword of ['pattern', 'format', 'multipleOf', 'uniqueItems']) {
    const { [keyword]: was } = before
    const { [keyword]: is } = after
    if (same(was, is)) continue
    if (was === undefined) yield narrower(use, `${place}: ${keyword} added`)
    else if (is === undefined)
      yield keyword === 'format'
        ? wider(use, `${place}: format removed`)
        : safe(`${place}: ${keyword} removed`)
    else yield breaking(`${place}: ${keyword} changed`)
  }
}

function* memberChanges(place: string, before: Json, after: Json, use: Use): Generator<Change> {
  const was = membersOf(before)
  const is = membersOf(after)
  for (const [name, schema] of Object.entries(was.properties)) {
    const other = is.properties[name]
    const at = `${place}.${name}`
    if (other === undefined) yield removed(at, use)
    else yield* schemaChanges(at, schema, other, use)
  }
  for (const name of Object.keys(is.properties)) {
    if (Object.hasOwn(was.properties, name)) continue
    const isRequired = is.required.includes(name)
    yield isRequired ? narrower(use, `${place}.${name}: new and required`) : safe(`${place}.${name}: new`)
  }
  for (const name of is.required) {
    if (!was.required.includes(name) && Object.hasOwn(was.properties, name))
      yield narrower(use, `${place}.${name}: required`)
  }
  for (const name of was.required) {
    if (!is.required.includes(name) && Object.hasOwn(is.properties, name))
      yield wider(use, `${place}.${name}: can be absent`)
  }
}

/** A removed member: clients miss it, or have it refused. A stored one stays in the documents, where nothing reads it. */
const removed = (at: string, use: Use): Change =>
  use === 'stored' ? safe(`${at}: removed`) : breaking(`${at}: removed`)

// The casts are safe: both members have these types in every valid schema.
const membersOf = ({ properties = {}, required = [] }: Json) => ({
  properties: properties as Readonly<Record<string, Json>>,
  required: required as readonly string[],
})

/** Changes in the items of arrays, and in members that the schema does not name (`additionalProperties`). */
function* partChanges(place: string, before: Json, after: Json, use: Use): Generator<Change> {
  for (const [keyword, at] of [
    ['items', `${place}[]`],
    ['additionalProperties', `${place}.*`],
  ] as const) {
    const was = before[keyword] ?? true
    const is = after[keyword] ?? true
    if (same(was, is)) continue
    if (isSchema(was) && isSchema(is)) yield* schemaChanges(at, was, is, use)
    else if (is === false || was === true)
      yield narrower(
        use,
        `${at}: ${is === false ? 'not possible any more' : 'only certain values are possible'}`,
      )
    else yield use === 'shown' && was === false ? safe(`${at}: possible`) : wider(use, `${at}: possible`)
  }
}

/** Alternatives are compared with their like: an equal one, or else the one in the same place of those that are left. */
function* alternativeChanges(place: string, before: Json, after: Json, use: Use): Generator<Change> {
  for (const keyword of ['anyOf', 'oneOf']) {
    const was = listOf(before[keyword])
    const is = listOf(after[keyword])
    const onlyBefore = was.filter((one) => !is.some((other) => same(one, other)))
    const onlyAfter = is.filter((one) => !was.some((other) => same(one, other)))
    for (let index = 0; index < Math.max(onlyBefore.length, onlyAfter.length); index += 1) {
      const one = onlyBefore[index]
      const other = onlyAfter[index]
      if (one !== undefined && other !== undefined) yield* schemaChanges(place, one, other, use)
      else if (one !== undefined) yield narrower(use, `${place}: ${nameOf(one)} is not possible any more`)
      else if (other !== undefined) yield wider(use, `${place}: can be ${nameOf(other)}`)
    }
  }
}

const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value : [])
const nameOf = (schema: Json): string =>
  valuesOf(schema)?.join(' or ') ?? (typesOf(schema).join(' or ') || 'another form')
const isSchema = (value: unknown): value is Json => typeof value === 'object' && value !== null
const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** Keywords that the functions above judge. Any other one that changes breaks both sides. */
const judged: ReadonlySet<string> = new Set([
  ...[
    'type',
    'enum',
    'const',
    'pattern',
    'format',
    'multipleOf',
    'uniqueItems',
    ...upperBounds,
    ...lowerBounds,
  ],
  ...['properties', 'required', 'items', 'additionalProperties', 'anyOf', 'oneOf'],
])
