import type { TObject, TProperties } from 'typebox'
import type { AccessOptions, AccessRule } from './access.ts'
import type { CacheOptions } from './cache-policy.ts'
import type { Duration } from './duration.ts'
import type { FieldErasure } from './erasure.ts'
import type { EventsOptions } from './events.ts'
import type { ExportOptions } from './export-rule.ts'
import type { HistoryOptions } from './history.ts'
import type { Migration } from './migration.ts'
import type { Priority } from './priority.ts'
import type { ProblemDefinitions } from './refusal.ts'
import type { StoredLayout } from './stored-layout.ts'
import type { CheckRule, SetRules } from './write-rules.ts'

/** `v1`, `v2`, ...: the first segment of every resource path. */
export type VersionName = `v${number}`

/** `2` of `v2`: versions are ordered by it. */
export const versionNumber = (name: VersionName): number => Number(name.slice(1))

/** Fields of a document by name, without the system fields. */
export type Fields = Readonly<Record<string, unknown>>

/** One version's view of the stored document: a schema and two pure functions. */
export interface Representation<Version extends VersionName = VersionName, Shown extends TObject = TObject> {
  readonly version: Version
  /** The fields that callers see. Those marked `readOnly` are sent, and refused in bodies. */
  readonly schema: Shown
  /**
   * Converts stored fields to this version's fields. Must return the same for the same document, whenever and wherever
   * it runs.
   */
  readonly fromStored: (stored: Fields) => Fields
  /**
   * Converts this version's writable fields to stored fields. `current` is the stored document to be replaced, if any:
   * copy the fields that this version does not know from it, so that an old client deletes nothing.
   */
  readonly toStored: (input: Fields, current: Fields | undefined) => Fields
  /**
   * Stored paths of this version's fields with another name; used for `filter` and `sort`. `null`: no stored field.
   * Both may be fields of an object: `address.city`.
   */
  readonly paths: Readonly<Record<string, string | null>>
  /**
   * Raise it when a deployment shows the same documents differently, and neither schema nor `fromStored` changes:
   * through a helper that treats rare values differently, or through new data for old versions. Answers stored under
   * the earlier revision are then fetched again. @default 0
   */
  readonly revision?: number
  readonly deprecation?: Deprecation
}

/** A representation in a checked definition. */
export interface CheckedRepresentation extends Representation {
  /** Text for everything that it shows ({@link ./shape.ts}). */
  readonly shape: string
}

/** Deprecation of a version of one resource: Deprecation (RFC 9745) and Sunset (RFC 8594), then 410. */
export interface Deprecation {
  /** RFC 3339 date from which answers have `Deprecation`. */
  readonly deprecatedAt: string
  /** RFC 3339 date from which answers are 410 Gone. */
  readonly sunsetAt?: string
  /** The version to move to. */
  readonly successor: VersionName
}

/** A field, or one of an object in it: `address.city`. */
export type FieldPath<Document> = (keyof Document & string) | `${keyof Document & string}.${string}`

export type IndexKind = 1 | -1 | 'text' | '2dsphere'

export interface IndexDefinition {
  /**
   * Stored field → 1 (ascending) or -1 (descending), in order; or all of them `'text'`, for `search` in their words; or
   * one alone `'2dsphere'`, for `near`.
   */
  readonly fields: Readonly<Record<string, IndexKind>>
  /** Whether the values are unique over all documents; a duplicate is answered 409. */
  readonly unique?: boolean
}

/** Options of deletions that can be undone. */
export interface SoftDeleteOptions {
  /** Time for which a deleted document can be restored, `1d` to `3650d`; then it is removed. */
  readonly keep: Duration
  /** Rule for restoring a document, which must satisfy the read rule, too. @default the rule for deletions */
  readonly restore?: AccessRule
}

/** Definition of a resource, as a developer writes it. */
export interface ResourceDefinition<
  Stored extends TProperties = TProperties,
  Computed extends keyof Stored & string = keyof Stored & string,
  View extends Representation = Representation,
  Reason extends string = string,
> {
  readonly description: string
  /** The stored document, without the system fields. */
  readonly schema: TObject<Stored>
  readonly access: AccessOptions
  /** @default 'none': nothing is stored at the edge, and clients get `no-store` */
  readonly cache?: CacheOptions | 'none'
  readonly query?: {
    /** Stored fields for filters of lists; each must lead an index. */
    readonly filter?: readonly FieldPath<Stored>[]
    /** Stored fields for sorting lists; each must lead an index. `id` is always allowed. */
    readonly sort?: readonly FieldPath<Stored>[]
    /** Sort of a list without a `sort`, e.g. `-population`. @default 'id' */
    readonly defaultSort?: string
    /** @default { default: 20, max: 100 } */
    readonly pageSize?: { readonly default: number; readonly max: number }
    /**
     * Maximum of `count=true`, up to 10,000; a larger list has "at least" so many.
     * @default 0: lists are not counted
     */
    readonly countMax?: number
  }
  readonly indexes?: readonly IndexDefinition[]
  /**
   * Layout of an adopted collection, whose documents another application reads and writes as well: ids, names and
   * types.
   * @default documents of Spillway's own layout, in a collection with the resource's name
   */
  readonly stored?: StoredLayout
  /**
   * Fields with ids of other documents, and the name of their resource. A write is refused if such a document does not
   * exist or the caller may not read it.
   * @default none
   */
  readonly references?: { readonly [Field in keyof Stored & string]?: string }
  /**
   * Changes of the stored shape, in order. Remove one when no database has documents of the shape before.
   * @default none
   */
  readonly migrations?: readonly Migration[]
  /**
   * Fields that the server computes at every write, by name; mark them `readOnly` in each version.
   * @default none
   */
  readonly set?: SetRules<Stored, Computed>
  /** Judges every document before it is stored. @default none beyond the schema */
  readonly check?: CheckRule<Stored, Reason>
  /**
   * Reasons for which `check` and guards refuse, each with a sentence for the caller: a 409, or
   * `{ status: 403, detail: … }`.
   * @default none
   */
  readonly problems?: ProblemDefinitions<Reason>
  /**
   * Deleted documents are hidden from every read, list, count and unique rule, and `POST …/{id}/restore` brings them
   * back.
   * @default a deletion is final
   */
  readonly softDelete?: SoftDeleteOptions
  /** Formats in which whole lists are exported. @default none */
  readonly export?: ExportOptions
  /**
   * Whether writes of its documents are recorded as events, which `GET …/changes` sends to all who may read the
   * document.
   * @default false
   */
  readonly events?: boolean | EventsOptions
  /**
   * Records of who wrote what and when, which `GET …/{id}/history` shows to callers whom its own rule allows.
   * @default none
   */
  readonly history?: HistoryOptions
  /**
   * Fate of documents that name a subject in one of these fields, when that person is erased by `npm run erase`. Every
   * field that an access rule compares with the caller's subject needs one before anybody can be erased.
   */
  readonly erasure?: { readonly [Field in keyof Stored & string]?: FieldErasure }
  /** Priority under overload: `critical` is shed last. @default 'normal' */
  readonly priority?: Priority
  /** Whether replace, patch and delete without If-Match are answered 428 (RFC 6585 §3). @default false */
  readonly requireIfMatch?: boolean
  /** Maximum items per batch create; 0 disables the operation. @default 100 */
  readonly batchSizeMax?: number
  /** An array instead of an object, so that a duplicate version is noticed instead of one being lost. */
  readonly versions: readonly View[]
}
