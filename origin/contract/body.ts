import { type TObject, type TProperties, type TSchema, Type } from 'typebox'
import type { View } from './catalogue.ts'
import type { Fields, Representation } from './definition.ts'
import { filterTypeOf, parseFilterValue } from './filter-type.ts'
import { isReadOnly, type Keywords, membersOf, requiredOf } from './keywords.ts'
import { givenBy, mayLeaveOut } from './left-out.ts'
import { systemFields } from './resource.ts'

/** Schema of a response: the system fields and every field of the version. */
export function outputSchema({ schema }: Representation): TObject {
  return closed({ ...systemFields, ...schema.properties }, [
    ...Object.keys(systemFields),
    ...requiredOf(schema),
  ])
}

/** Schema of a body that creates or replaces: the version's fields without the read-only ones. */
export function inputSchema({ schema }: Representation): TObject {
  const writable = membersOf(schema).filter(([, field]) => !isReadOnly(field))
  const names = new Set(writable.map(([name]) => name))
  return closed(
    Object.fromEntries(writable),
    requiredOf(schema).filter((name) => names.has(name)),
  )
}

/**
 * Schema of a body of a resource: as {@link inputSchema}, but it requires nothing that may be left out
 * ({@link ./left-out.ts}).
 */
export function bodySchema({ resource, representation }: View): TObject {
  const schema = inputSchema(representation)
  const given = givenBy(resource)
  return closed(
    schema.properties,
    requiredOf(schema).filter((name) => !mayLeaveOut(given, representation, name)),
  )
}

/** Names that responses contain but bodies must not: the system fields and fields marked `readOnly`. */
export function readOnlyFields({ schema }: Representation): readonly string[] {
  const marked = membersOf(schema).filter(([, field]) => isReadOnly(field))
  return [...Object.keys(systemFields), ...marked.map(([name]) => name)]
}

/** Converts RFC 3339 times to the stored form, in which string order is time order. */
export function normalizeTimes(schema: TSchema, fields: Fields): Fields {
  let normalized: Record<string, unknown> | undefined
  for (const [name, field] of membersOf(schema)) {
    const value = fields[name]
    const stored = inStoredForm(field, value)
    if (stored === value) continue
    normalized ??= { ...fields }
    normalized[name] = stored
  }
  return normalized ?? fields
}

/** Normalizes the times in a value; returns the value itself if all of its times are normalized. */
function inStoredForm(schema: TSchema, value: unknown): unknown {
  if (!holdsTimes(schema)) return value
  if (typeof value === 'string') return parseFilterValue({ kind: 'date-time' }, value) ?? value
  if (typeof value !== 'object' || value === null) return value
  const { items, properties }: Keywords = schema
  if (!Array.isArray(value)) {
    // The cast is safe: a value that is neither a primitive nor an array has members.
    return properties === undefined ? value : normalizeTimes(schema, value as Fields)
  }
  const stored = value.map((item, index) =>
    inStoredForm((Array.isArray(items) ? items[index] : items) ?? {}, item),
  )
  return stored.every((item, index) => item === value[index]) ? value : stored
}

/** Whether values of a schema are times, or contain times. */
function holdsTimes(schema: TSchema): boolean {
  // perf: asked of every field of every write.
  const known = timesKnown.get(schema)
  if (known !== undefined) return known
  const { items = [], properties = {} }: Keywords = schema
  const holds =
    filterTypeOf(schema)?.kind === 'date-time' ||
    [items].flat().some(holdsTimes) ||
    Object.values(properties).some(holdsTimes)
  timesKnown.set(schema, holds)
  return holds
}

const timesKnown = new WeakMap<TSchema, boolean>()

/**
 * Closes an object: unknown members are refused by name. The cast is safe: `required` holds names of `properties`, which
 * TypeBox's type cannot express.
 */
function closed(properties: TProperties, required: readonly string[]): TObject {
  return {
    ...Type.Object(properties, { additionalProperties: false }),
    required: [...required],
  } as unknown as TObject
}
