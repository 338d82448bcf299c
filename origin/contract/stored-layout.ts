import type { TSchema } from 'typebox'
import type { Keywords } from './keywords.ts'

/** Types of `_id`, and their forms in paths: 24 hexadecimal digits, a UUID, decimal digits, or the text. */
export const idTypes = ['objectId', 'uuid', 'integer', 'text'] as const
export type IdType = (typeof idTypes)[number]

/** BSON types that a schema of JSON cannot tell. Every other value has the type of its JSON form. */
export const storedTypes = ['date', 'decimal', 'long', 'objectId', 'uuid'] as const
export type StoredType = (typeof storedTypes)[number]

/**
 * Layout of an adopted collection: Spillway did not make its documents, and another application reads and writes them
 * as well. Nothing is ever stored in them but the resource's own fields: no version, no tombstones. A document's
 * version is a digest of its fields.
 */
export interface StoredLayout {
  readonly collection: string
  readonly id: IdType
  /**
   * Stored path by field, for those with another name: `{ hostId: 'host.host_id' }`. Fields of an object stay within it;
   * `createdAt` and `updatedAt` are answered if they are named here. @default the field's own name
   */
  readonly fields?: Readonly<Record<string, string>>
  /** BSON type by field; for an array, that of its items. @default that of its JSON form */
  readonly types?: Readonly<Record<string, StoredType>>
}

/** Times of a document that a layout may map. */
export const mappedTimes: readonly string[] = ['createdAt', 'updatedAt']

/** Path at which a field is stored: its own entry, or its name within the path of its object or array. */
export function storedPathOf({ fields = {} }: Pick<StoredLayout, 'fields'>, path: string): string {
  const own = Object.hasOwn(fields, path) ? fields[path] : undefined
  if (own !== undefined) return own
  const end = path.lastIndexOf('.')
  return end === -1 ? path : `${storedPathOf({ fields }, path.slice(0, end))}${path.slice(end)}`
}

/** Schema of a field, also within the items of arrays. */
export function schemaWithin(schema: TSchema, path: string): TSchema | undefined {
  return path.split('.').reduce<TSchema | undefined>((outer, name) => {
    const { properties }: Keywords = itemsOf(outer ?? {})
    return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined
  }, schema)
}

/** Schema of an array's items; of any other field, and of a tuple, its own. */
export function itemsOf(schema: TSchema): TSchema {
  const { type, items }: Keywords = schema
  return type === 'array' && items !== undefined && !Array.isArray(items) ? items : schema
}
