import type { TObject, TProperties } from 'typebox'
import type { AccessOptions, AccessRule } from './access.ts'
import type { CacheOptions } from './cache-policy.ts'
import type { Duration } from './duration.ts'
import type { Priority } from './priority.ts'
import type { CheckRule, SetRules } from './write-rules.ts'

/** `v1`, `v2`, ...: the first segment of every resource path. */
export type VersionName = `v${number}`

/** A document as fields by name: what the schema describes, without the system fields. */
export type Fields = Readonly<Record<string, unknown>>

/** One version's view of the stored document: a schema and two pure functions. */
export interface Representation {
  readonly version: VersionName
  /** The fields a caller sees. Those marked `readOnly` are sent, never accepted. */
  readonly schema: TObject
  /** Stored fields → this version's fields: the same for the same document, whenever and wherever it runs. */
  readonly fromStored: (stored: Fields) => Fields
  /**
   * This version's writable fields → stored fields. `current` is the stored document that is replaced, if any:
   * fields that this version does not know are carried over from it, so that an old client destroys nothing.
   */
  readonly toStored: (input: Fields, current: Fields | undefined) => Fields
  /**
   * This version's field → stored path, where they differ; used for `filter` and `sort`. `null`: not stored as such. Either
   * may be a field of an object: `address.city`.
   */
  readonly paths: Readonly<Record<string, string | null>>
  /**
   * To be raised when a deployment shows the same documents in another way and neither schema nor `fromStored` tells: by
   * way of a helper that treats rare values differently, or by new data under old versions. What is stored anywhere under
   * the revision before is then asked for again. @default 0
   */
  readonly revision?: number
  readonly deprecation?: Deprecation
}

/** A representation that is part of a checked definition. */
export interface CheckedRepresentation extends Representation {
  /** Stands for all of it that shows ({@link ./shape.ts}). */
  readonly shape: string
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

/** A field, or one of an object in it: `address.city`. */
export type FieldPath<Document> = (keyof Document & string) | `${keyof Document & string}.${string}`

export interface IndexDefinition {
  /** Stored field → 1 (ascending) or -1 (descending), in order. */
  readonly fields: Readonly<Record<string, 1 | -1>>
  /** No two documents may agree on all of the fields; a second one is answered 409. */
  readonly unique?: boolean
}

/** Deletions that can be undone. */
export interface SoftDeleteOptions {
  /** How long a deleted document can be restored, `1d` to `3650d`; then it is removed for good. */
  readonly keep: Duration
  /** Callers who may restore a document; it must satisfy the read rule, too. @default the rule for deletions */
  readonly restore?: AccessRule
}

/** Definition of a resource, as an application developer writes it. */
export interface ResourceDefinition<
  Stored extends TProperties = TProperties,
  Computed extends keyof Stored & string = keyof Stored & string,
> {
  readonly description: string
  /** The stored document, without the system fields. */
  readonly schema: TObject<Stored>
  readonly access: AccessOptions
  /** @default 'none': nothing is kept at the edge, and clients are told `no-store` */
  readonly cache?: CacheOptions | 'none'
  readonly query?: {
    /** Stored fields that a list may be filtered by; each must lead an index. */
    readonly filter?: readonly FieldPath<Stored>[]
    /** Stored fields that a list may be sorted by; each must lead an index. `id` always may. */
    readonly sort?: readonly FieldPath<Stored>[]
    /** Sort of a list that asks for none, e.g. `-population`. @default 'id' */
    readonly defaultSort?: string
    /** @default { default: 20, max: 100 } */
    readonly pageSize?: { readonly default: number; readonly max: number }
    /**
     * Documents up to which `count=true` is exact, 10,000 at the most; beyond it says "at least".
     * @default 0: lists are not counted
     */
    readonly countMax?: number
  }
  readonly indexes?: readonly IndexDefinition[]
  /**
   * Fields that hold ids of documents, and the name of the resource that these are of. A document can be written only
   * with ids of documents that are there and that the caller may read.
   * @default none
   */
  readonly references?: { readonly [Field in keyof Stored & string]?: string }
  /**
   * Fields that the server computes with every write, by name; mark them `readOnly` in each version.
   * @default none
   */
  readonly set?: SetRules<Stored, Computed>
  /** Judges every document before it is stored. @default the schema's word is enough */
  readonly check?: CheckRule<Stored>
  /**
   * Deleted documents are hidden from every read, list, count and unique rule, and `POST …/{id}/restore` brings them back.
   * @default a deletion is final
   */
  readonly softDelete?: SoftDeleteOptions
  /** Priority under overload: `critical` is shed last. @default 'normal' */
  readonly priority?: Priority
  /** Replace, patch and delete without If-Match are answered 428 (RFC 6585 §3). @default false */
  readonly requireIfMatch?: boolean
  /** Items in one batch create; 0 turns the operation off. @default 100 */
  readonly batchSizeMax?: number
  /** A list, not an object: two versions with one name are found instead of one being lost. */
  readonly versions: readonly Representation[]
}
