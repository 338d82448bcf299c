import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox'
import { type AccessRule, ownerField } from './access.ts'
import type { CacheOptions, CacheRule } from './cache-policy.ts'
import { resolveCacheRule } from './cache-policy.ts'
import { checkDefinition } from './definition-check.ts'
import type { Priority } from './priority.ts'

/** `v1`, `v2`, ...: the first segment of every resource path. */
export type VersionName = `v${number}`

/** Fields that every representation has and no schema declares. Times are RFC 3339, UTC, to the millisecond. */
export const systemFields = {
  id: Type.String({ description: 'Identifier, unique within the resource.', maxLength: 64, readOnly: true }),
  createdAt: Type.String({ format: 'date-time', readOnly: true }),
  updatedAt: Type.String({ format: 'date-time', readOnly: true }),
} as const

/** Where the store keeps the system fields. Names that start with `_` are never part of a schema. */
export const systemPaths: Readonly<Record<string, string>> = {
  id: '_id',
  createdAt: '_created',
  updatedAt: '_updated',
}

/** A document as fields by name: what the schema describes, without the system fields. */
export type Fields = Readonly<Record<string, unknown>>

/** One version's view of the stored document: a schema and two pure functions. */
export interface Representation {
  readonly version: VersionName
  /** The fields a caller sees. Those marked `readOnly` are sent, never accepted. */
  readonly schema: TObject
  /** Stored fields → this version's fields. */
  readonly fromStored: (stored: Fields) => Fields
  /**
   * This version's writable fields → stored fields. `current` is the stored document that is replaced, if any:
   * fields that this version does not know are carried over from it, so that an old client destroys nothing.
   */
  readonly toStored: (input: Fields, current: Fields | undefined) => Fields
  /** This version's field → stored path, where they differ; used for `filter` and `sort`. `null`: not stored as such. */
  readonly paths: Readonly<Record<string, string | null>>
  readonly deprecation?: Deprecation
}

/** Retirement of a version of one resource: Deprecation (RFC 9745) and Sunset (RFC 8594), then 410. */
export interface Deprecation {
  /** RFC 3339 date from which answers carry `Deprecation`. */
  readonly deprecatedAt: string
  /** RFC 3339 date from which answers are 410 Gone. */
  readonly sunsetAt?: string
  /** The version to move to. */
  readonly successor: VersionName
}

export interface IndexDefinition {
  /** Stored field → 1 (ascending) or -1 (descending), in order. */
  readonly fields: Readonly<Record<string, 1 | -1>>
  /** No two documents may agree on all of the fields; a second one is answered 409. */
  readonly unique?: boolean
}

/** What an application developer writes. */
export interface ResourceDefinition<Stored extends TProperties = TProperties> {
  readonly description: string
  /** The stored document, without the system fields. */
  readonly schema: TObject<Stored>
  readonly access: { readonly read: AccessRule; readonly write: AccessRule }
  /** @default 'none': nothing is kept at the edge, and clients are told `no-store` */
  readonly cache?: CacheOptions | 'none'
  readonly query?: {
    /** Stored fields that a list may be filtered by; each must lead an index. */
    readonly filter?: readonly (keyof Stored & string)[]
    /** Stored fields that a list may be sorted by; each must lead an index. `id` always may. */
    readonly sort?: readonly (keyof Stored & string)[]
    /** Sort of a list that asks for none, e.g. `-population`. @default 'id' */
    readonly defaultSort?: string
    /** @default { default: 20, max: 100 } */
    readonly pageSize?: { readonly default: number; readonly max: number }
  }
  readonly indexes?: readonly IndexDefinition[]
  /** Who is shed last. @default 'normal' */
  readonly priority?: Priority
  /** Replace, patch and delete without If-Match are answered 428 (RFC 6585 §3). @default false */
  readonly requireIfMatch?: boolean
  /** Items in one batch create; 0 turns the operation off. @default 100 */
  readonly batchSizeMax?: number
  /** A list, not an object: two versions with one name are found instead of one being lost. */
  readonly versions: readonly Representation[]
}

/** A checked definition with every default filled in. */
export interface Resource {
  readonly name: string
  readonly description: string
  readonly schema: TObject
  readonly access: { readonly read: AccessRule; readonly write: AccessRule }
  /** Stored field that holds the owner's subject, where reading or writing is the owner's alone. */
  readonly ownerField: string | undefined
  readonly cache: CacheRule
  readonly query: {
    readonly filter: readonly string[]
    readonly sort: readonly string[]
    readonly defaultSort: string
    readonly pageSize: { readonly default: number; readonly max: number }
  }
  readonly indexes: readonly IndexDefinition[]
  readonly priority: Priority
  readonly requireIfMatch: boolean
  readonly batchSizeMax: number
  readonly versions: ReadonlyMap<VersionName, Representation>
}

/**
 * Defines a resource: the one place where its rules are written.
 * @throws {DefinitionError} that lists every mistake with the resource's name and the fix
 */
export function resource<Stored extends TProperties>(
  name: string,
  definition: ResourceDefinition<Stored>,
): Resource {
  checkDefinition(name, definition as unknown as ResourceDefinition)
  return {
    name,
    description: definition.description,
    schema: definition.schema,
    access: definition.access,
    ownerField: ownerField(definition.access.read) ?? ownerField(definition.access.write),
    cache: resolveCacheRule(definition.cache ?? 'none', definition.access.read),
    query: {
      filter: definition.query?.filter ?? [],
      sort: definition.query?.sort ?? [],
      defaultSort: definition.query?.defaultSort ?? 'id',
      pageSize: definition.query?.pageSize ?? defaultPageSize,
    },
    indexes: definition.indexes ?? [],
    priority: definition.priority ?? 'normal',
    requireIfMatch: definition.requireIfMatch ?? false,
    batchSizeMax: definition.batchSizeMax ?? 100,
    versions: new Map(definition.versions.map((view) => [view.version, view])),
  }
}

export const defaultPageSize = { default: 20, max: 100 } as const

/** The representation that shows the stored document as it is. Fields in `readOnly` are sent, never accepted. */
export function asStored(
  version: VersionName,
  schema: TObject,
  options: { readonly readOnly?: readonly string[] } = {},
): Representation {
  const readOnly = new Set(options.readOnly)
  const properties = Object.fromEntries(
    Object.entries(schema.properties).map(([name, field]) => [
      name,
      readOnly.has(name) ? { ...(field as TSchema), readOnly: true } : field,
    ]),
  )
  const names = Object.keys(properties)
  return {
    version,
    schema: Type.Object(properties as TProperties),
    fromStored: (stored) => pick(stored, names),
    toStored: (input, current) => ({ ...(current && pick(current, [...readOnly])), ...input }),
    paths: {},
  }
}

/** A representation of its own shape, typed by both schemas. */
export function representation<Stored extends TObject, Shown extends TObject>(
  version: VersionName,
  options: {
    readonly stored: Stored
    readonly schema: Shown
    readonly fromStored: (stored: Static<Stored>) => Static<Shown>
    readonly toStored: (input: Static<Shown>, current: Static<Stored> | undefined) => Static<Stored>
    readonly paths: {
      readonly [Field in keyof Static<Shown> & string]?: (keyof Static<Stored> & string) | null
    }
    readonly deprecation?: Deprecation
  },
): Representation {
  const { stored: _typeOnly, ...view } = options
  return { version, ...view } as unknown as Representation
}

/** The named fields of an object, absent ones left out. */
export function pick(source: Fields, names: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {}
  for (const name of names) if (source[name] !== undefined) picked[name] = source[name]
  return picked
}

/** Stored path of a representation's field, or `undefined` where the version stores no such field. */
export function storedPath(view: Representation, field: string): string | undefined {
  if (Object.hasOwn(systemPaths, field)) return systemPaths[field]
  if (Object.hasOwn(view.paths, field)) return view.paths[field] ?? undefined
  return Object.hasOwn(view.schema.properties, field) ? field : undefined
}
