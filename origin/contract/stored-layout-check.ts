import type { TSchema } from 'typebox'
import type { ResourceDefinition } from './definition.ts'
import type { Keywords } from './keywords.ts'
import {
  itemsOf,
  mappedTimes,
  type StoredLayout,
  type StoredType,
  schemaWithin,
  storedPathOf,
} from './stored-layout.ts'

/** Mistakes in a layout, each with its fix. */
export function* checkStoredLayout(definition: ResourceDefinition): Generator<string> {
  const { stored, schema } = definition
  if (stored === undefined) return
  const { collection, fields = {}, types = {} } = stored
  if (!/^[^$\0]+$/.test(collection) || /^(system\.|_)/.test(collection)) {
    yield `stored.collection '${collection}': name a collection without $, and not one that begins with 'system.' or '_'`
  }
  for (const [field, path] of Object.entries(fields)) {
    const isTime = mappedTimes.includes(field)
    if (!isTime && schemaWithin(schema, field) === undefined) {
      yield `stored.fields maps '${field}', which the schema does not have: add the field or remove it`
    }
    if (!isStorablePath(path)) {
      yield `stored.fields maps '${field}' to '${path}': it must be names separated by dots, none empty, none that begins with $`
    }
    const end = field.lastIndexOf('.')
    const outer = end === -1 ? undefined : storedPathOf(stored, field.slice(0, end))
    if (outer !== undefined && !path.startsWith(`${outer}.`)) {
      yield `stored.fields maps '${field}' to '${path}', outside of its object: begin it with '${outer}.'`
    }
  }
  yield* checkDistinct(schema, '', stored)
  for (const [field, type] of Object.entries(types)) {
    const typed = mappedTimes.includes(field) ? timeSchema : schemaWithin(schema, field)
    if (typed === undefined) {
      yield `stored.types names '${field}', which the schema does not have: add the field or remove it`
    } else if (!formsOf[type](itemsOf(typed))) {
      yield `stored.types: '${field}' is '${type}', which its schema cannot show: make it ${wanted[type]}`
    }
  }
  if (definition.softDelete !== undefined) {
    yield `softDelete needs a tombstone in the collection, and stored describes documents that others read: remove one of them`
  }
  if (stored.id === 'integer' && (definition.access.create ?? definition.access.write)?.kind !== 'never') {
    yield `stored.id 'integer': nothing makes such ids; set access.create to never, and create documents by an action that names the id`
  }
}

const timeSchema = { type: 'string', format: 'date-time' }

const formsOf: Readonly<Record<StoredType, (form: Keywords) => boolean>> = {
  date: ({ type, format }) => type === 'string' && (format === 'date-time' || format === 'date'),
  decimal: ({ format }) => format === 'decimal',
  long: ({ type, format }) => type === 'integer' || format === 'int64',
  objectId: ({ format }) => format === 'object-id',
  uuid: ({ type, format }) => type === 'string' && format === 'uuid',
}

const wanted: Readonly<Record<StoredType, string>> = {
  date: "a string of format 'date-time' or 'date'",
  decimal: 'decimal()',
  long: 'int64(), or an integer if all values are within 2^53',
  objectId: 'objectId()',
  uuid: "a string of format 'uuid'",
}

const isStorablePath = (path: string): boolean =>
  path.split('.').every((name) => name !== '' && !name.startsWith('$') && !name.includes('\0'))

/** Two fields must not share a place: a write of one would change the other. */
function* checkDistinct(schema: TSchema, outer: string, stored: StoredLayout): Generator<string> {
  const { properties = {} }: Keywords = itemsOf(schema)
  const taken = new Map<string, string>(outer === '' ? [['_id', 'id']] : [])
  const mapped = outer === '' ? mappedTimes.filter((time) => stored.fields?.[time] !== undefined) : []
  for (const name of [...Object.keys(properties), ...mapped]) {
    const field = `${outer}${name}`
    const path = storedPathOf(stored, field)
    for (const [other, owner] of taken) {
      if (!`${path}.`.startsWith(`${other}.`) && !`${other}.`.startsWith(`${path}.`)) continue
      const shared = path.length < other.length ? path : other
      yield `stored.fields: '${field}' and '${owner}' are both stored at '${shared}': give each a place of its own`
    }
    taken.set(path, field)
  }
  for (const [name, field] of Object.entries(properties)) {
    yield* checkDistinct(field, `${outer}${name}.`, stored)
  }
}
