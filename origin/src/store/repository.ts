import type {
  FieldError,
  Fields,
  ListQuery,
  Priority,
  Residual,
  Resource,
  VersionName,
} from '@spillway/origin/contract'
import type { OwnTime } from '../lib/own-time.ts'
import type { Source } from './codec/source.ts'
import type { Outbox } from './outbox.ts'

/**
 * Storage operations of a resource, with all their outcomes.
 *
 * Failures of the database are values, so that each caller of a shared batch gets the truth about its own item. Only
 * defects are thrown: a `WriteRefusedError` proves that nothing was written; after any other error of a write, that is
 * unknown.
 */

/** A stored document. Immutable, because one value may be shared by many callers. */
export interface StoredDocument {
  readonly id: string
  /** Number of writes, from 1. The entity tag contains it (`documentEtag`). */
  readonly version: number
  /** RFC 3339, UTC, with milliseconds. */
  readonly createdAt: string
  readonly updatedAt: string
  /** The fields of the resource's schema only. */
  readonly fields: Fields
  /** Metres from the place of a `near` list; never stored. */
  readonly distance?: number
  /** Score of a list by relevance; stored nowhere. */
  readonly score?: number
  /** State of the store; pass it back with the document in `replace` and `delete`. */
  readonly bookkeeping: Bookkeeping
}

export interface Bookkeeping {
  /** Ids of the latest writes, newest first: a write whose answer was lost finds itself here. */
  readonly writes: readonly string[]
  /** Present if the document was created with an Idempotency-Key. */
  readonly key?: KeyRecord
  /** Events that were not in the log of changes when the document was read. @default none */
  readonly pending?: Outbox
  /** Number of commits that required this version to be unchanged. @default 0 */
  readonly held?: number
  /** Fields of a newer release, which a replacement keeps ({@link ./shapes.ts}). */
  readonly newer?: Fields
  /** The document as others store it; present in resources with `stored`. */
  readonly source?: Source
}

/** Record of the key that created a document. */
export interface KeyRecord {
  /** Fingerprint of the request ({@link ./creation-key.ts}). */
  readonly request: string
  /** Fields as first answered; present once the document has changed. */
  readonly first?: Fields
}

/** Author of a write. */
export interface Author {
  /** Subject of the caller; absent if there was no token. */
  readonly by?: string | undefined
  /** The action, handler or job that wrote. */
  readonly via?: string
  /** Id of the request. */
  readonly request?: string
}

/** Deadline and abort signal of one call. */
export interface Call {
  /** Milliseconds by `performance.now()`; every promise is settled by then, within a tick. */
  readonly deadline: number
  /**
   * Whether the caller has left; an `AbortSignal` is one. Checked before work is sent to the database, and regularly
   * afterwards: work that was not sent by then never is.
   */
  readonly signal?: { readonly aborted: boolean }
  /** Order in which waiting work is sent to the database. @default normal */
  readonly priority?: Priority
  /** Measures waits that are caused by the application and not by the database. */
  readonly ownTime?: OwnTime
  /** Author of its writes, for events and history. @default nobody */
  readonly author?: Author
  /** Member of the database that a list is read from: a `reader` may lag behind. @default the primary */
  readonly from?: 'reader'
}

/** A document that must be unchanged since it was read when something else is written. */
export interface Unchanged {
  readonly resource: Resource
  readonly current: StoredDocument
  /**
   * Whether the lock is held too: of the commits that lock the document, only one succeeds at a time. @default false
   */
  readonly isLocked?: boolean
}

/**
 * The reason why something was not done. A write with this outcome has not happened and will not happen.
 * - `busy`: too much work waits, or no connection was free in time.
 * - `deadline`: there was not enough time.
 * - `aborted`: the caller has left.
 * - `unavailable`: the database cannot be reached or has no primary.
 * - `indexUnready`: it needs an index that is not built yet ({@link ./unready-indexes.ts}).
 */
export type NotDone = { readonly kind: 'notDone'; readonly reason: NotDoneReason } | IndexUnready
/** `crowded`: too many transactions or lists are waiting, which says nothing about other requests. */
export type NotDoneReason = 'busy' | 'crowded' | 'deadline' | 'aborted' | 'unavailable'
export interface IndexUnready {
  readonly kind: 'notDone'
  readonly reason: 'indexUnready'
  /** Collection and name of the index. */
  readonly index: string
}

/**
 * A write was sent, and its outcome could not be learnt before the deadline. It may have happened, or may still happen.
 * Repeating a create with the same Idempotency-Key is safe, and so is a conditional write, which finds the document
 * changed.
 */
export interface Unknown {
  readonly kind: 'unknown'
}

export type ReadOutcome =
  | { readonly kind: 'found'; readonly document: StoredDocument }
  | { readonly kind: 'notFound' }
  | NotDone

/** `more`: whether there are documents after these. */
/** `isDeleted`: the document is deleted and can be restored; its version is the deleted one. */
export type KeptOutcome =
  | { readonly kind: 'found'; readonly document: StoredDocument; readonly isDeleted: boolean }
  | { readonly kind: 'notFound' }
  | NotDone

export type ListOutcome =
  | { readonly kind: 'page'; readonly documents: readonly StoredDocument[]; readonly more: boolean }
  | NotDone

/** Number of documents in a list. `isMore`: there are more than the maximum to count. */
export type CountOutcome =
  | { readonly kind: 'counted'; readonly value: number; readonly isMore: boolean }
  | NotDone

/** An Idempotency-Key in its scope: subject, resource and version. */
export interface CreationKey {
  /** `undefined` for a caller without a token. */
  readonly subject: string | undefined
  readonly version: VersionName
  readonly key: string
  /** Fingerprint of operation and body ({@link ./creation-key.ts} `requestFingerprint`). */
  readonly request: string
}

/** Another document has the same value in these stored fields; empty if the database does not name them. */
export interface UniqueConflict {
  readonly kind: 'uniqueConflict'
  readonly fields: readonly string[]
}

/**
 * The reason why a key cannot be used.
 * - `inUse`: a request with it is still running in this process.
 * - `otherRequest`: it was used for a different request.
 * - `spent`: it was used for this request more than 24 h ago, and the first answer is no longer known.
 */
export interface KeyRefused {
  readonly kind: 'keyRefused'
  readonly reason: 'inUse' | 'otherRequest' | 'spent'
}

export type CreateOutcome =
  | { readonly kind: 'created'; readonly document: StoredDocument }
  /** An earlier request with this key created it: `document` is as first answered, not as it is now. */
  | { readonly kind: 'replayed'; readonly document: StoredDocument }
  /** The given `id` exists. Impossible for a create whose id the store assigns. */
  | { readonly kind: 'duplicateId' }
  /**
   * A document that was required to be unchanged has changed: nothing was written, and everything must be decided
   * again.
   */
  | { readonly kind: 'requiredChanged' }
  | UniqueConflict
  | KeyRefused
  | NotDone
  | Unknown

/** An item that failed by a defect: other items of the batch still get their outcomes, and the defect is reported. */
export interface Failed {
  readonly kind: 'failed'
  /** A `WriteRefusedError` proves that the item was not written; after any other error that is unknown. */
  readonly error: unknown
}

/** One outcome per item, in order; or a refusal of the key for the whole batch. */
export type BatchOutcome =
  | { readonly kind: 'items'; readonly outcomes: readonly (CreateOutcome | Failed)[] }
  | KeyRefused
  | NotDone
  | Unknown

export type ReplaceOutcome =
  | { readonly kind: 'replaced'; readonly document: StoredDocument }
  | Unstorable
  /** A concurrent write came first: the document is no longer at the given version. */
  | { readonly kind: 'versionConflict' }
  | { readonly kind: 'notFound' }
  | UniqueConflict
  | NotDone
  | Unknown

/** The change would lose a part of the stored document that the resource does not describe. */
export interface Unstorable {
  readonly kind: 'unstorable'
  /** Pointers into the stored fields. */
  readonly errors: readonly FieldError[]
}

export type DeleteOutcome =
  | { readonly kind: 'deleted' }
  | { readonly kind: 'versionConflict' }
  | { readonly kind: 'notFound' }
  | NotDone
  | Unknown

export interface NewDocument {
  readonly fields: Fields
  /** @default derived from the key, or a new UUID */
  readonly id?: string
  /** Index in a batch with a key. The id is derived from it, and so does not depend on other items. */
  readonly item?: number
  /** @default none */
  readonly requires?: readonly Unchanged[]
}

/** Deadline, abort signal and conditions of a change. */
export interface ChangeCall extends Call {
  /** Documents whose change fails the write, like a change of the document itself. @default none */
  readonly requires?: readonly Unchanged[]
}

/**
 * Reads see every write that any process acknowledged before they were asked for. A write is acknowledged when a
 * majority has it. Replace and delete are conditional on the given version: of several writers who read the same
 * version, one succeeds.
 */
export interface Repository {
  read(resource: Resource, id: string, call: Call): Promise<ReadOutcome>

  /** Reads a document that exists, or that was deleted and can be restored. */
  readKept(resource: Resource, id: string, call: Call): Promise<KeptOutcome>

  /** @param residual additional condition of the access rule; `undefined` for none */
  list(resource: Resource, query: ListQuery, residual: Residual | undefined, call: Call): Promise<ListOutcome>

  /** Counts all documents of a list, beyond its page, up to the resource's `countMax`. */
  count(
    resource: Resource,
    query: ListQuery,
    residual: Residual | undefined,
    call: Call,
  ): Promise<CountOutcome>

  create(
    resource: Resource,
    document: NewDocument,
    key: CreationKey | undefined,
    call: Call,
  ): Promise<CreateOutcome>

  /** Creates several documents; each item succeeds or fails by itself. With a key, items have no id of their own. */
  createBatch(
    resource: Resource,
    documents: readonly NewDocument[],
    key: CreationKey | undefined,
    call: Call,
  ): Promise<BatchOutcome>

  /** @param current as read; the replacement happens only if the stored document is still at its version */
  replace(
    resource: Resource,
    current: StoredDocument,
    fields: Fields,
    call: ChangeCall,
  ): Promise<ReplaceOutcome>

  /** @param current as read; the deletion happens only if the stored document is still at its version */
  delete(resource: Resource, current: StoredDocument, call: ChangeCall): Promise<DeleteOutcome>

  /**
   * The outcome of an earlier create with this key; `undefined` if there was none. Asked before guards, whose verdict
   * that create may have changed.
   */
  recall(
    resource: Resource,
    document: NewDocument,
    key: CreationKey,
    call: Call,
  ): Promise<CreateOutcome | undefined>

  /** Resolves when nothing is in flight. Await it after the last caller was refused and before the pool closes. */
  drain(): Promise<void>
}
