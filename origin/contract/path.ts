import type { TSchema } from 'typebox'
import type { Fields } from './definition.ts'
import type { Keywords } from './keywords.ts'

/**
 * Fields by their path: `city`, or `address.city` for a field of an object. A path leads through objects alone, so that it
 * names one value of a document, or one array.
 */

/** Schema of the field at a path; `undefined` if it does not exist. */
export function schemaAt(schema: TSchema, path: string): TSchema | undefined {
  return path
    .split('.')
    .reduce<TSchema | undefined>((object, name) => object && propertyOf(object, name), schema)
}

/** Whether every document has the field: it, and each object on the way to it, is required. */
export function isRequiredAt(schema: TSchema, path: string): boolean {
  const [name = '', ...rest] = path.split('.')
  const { required }: Keywords = schema
  if (required?.includes(name) !== true) return false
  const field = propertyOf(schema, name)
  return rest.length === 0 || (field !== undefined && isRequiredAt(field, rest.join('.')))
}

/** Every field of an object schema, and of the objects in it, with its path. */
export function* fieldsIn(schema: TSchema, under = ''): Generator<readonly [string, TSchema]> {
  for (const [name, field] of Object.entries(propertiesOf(schema))) {
    yield [`${under}${name}`, field]
    yield* fieldsIn(field, `${under}${name}.`)
  }
}

/** The value at a path of a document. */
export function valueAt(fields: Fields, path: string): unknown {
  // perf: most paths are one name.
  if (!path.includes('.')) return fields[path]
  return path
    .split('.')
    .reduce<unknown>((object, name) => (isObject(object) ? object[name] : undefined), fields)
}

/**
 * Values at a path of a document, as in the database's indexes: each element of an array anywhere on the path. A
 * missing or null field has none.
 */
export function valuesAt(fields: Fields, path: string): readonly unknown[] {
  return path.split('.').reduce<readonly unknown[]>(
    (found, name) =>
      found.flatMap((object) => {
        const value = isObject(object) ? object[name] : undefined
        return value === undefined || value === null ? [] : [value].flat()
      }),
    [fields],
  )
}

const propertiesOf = ({ properties = {} }: Keywords): Readonly<Record<string, TSchema>> => properties

function propertyOf(schema: TSchema, name: string): TSchema | undefined {
  const properties = propertiesOf(schema)
  return Object.hasOwn(properties, name) ? properties[name] : undefined
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
