import type { Fields, ListQuery, Residual, Resource, VersionName } from '@spillway/origin/contract'

/**
 * Storage operations of a resource, and every way in which each can end.
 *
 * Nothing here throws for what a database may do on a bad day: a failure is a value, so that each caller of a shared
 * batch gets the truth about their own item. What does throw is a programmer's error: from a write a
 * `WriteRefusedError` says that nothing was written, and any other leaves open whether it was.
 */

/** A stored document. Read-only: one value may be handed to many callers. */
export interface StoredDocument {
  readonly id: string
  /** Counts writes from 1. Its ETag is `documentEtag(version)`. */
  readonly version: number
  /** RFC 3339, UTC, to the millisecond. */
  readonly createdAt: string
  readonly updatedAt: string
  /** The fields of the resource's schema and nothing else. */
  readonly fields: Fields
  /** State of the store's own; hand it back with the document in `replace` and `delete`. */
  readonly bookkeeping: Bookkeeping
}

export interface Bookkeeping {
  /** Ids of the last writes, newest first: how a write whose answer was lost learns whether it happened. */
  readonly writes: readonly string[]
  /** Present where the document was created with an Idempotency-Key. */
  readonly key?: KeyRecord
  /** Commits that have held the document as it was. @default 0 */
  readonly held?: number
}

/** Record of the key that created a document. */
export interface KeyRecord {
  /** Fingerprint of the request ({@link ./creation-key.ts}). */
  readonly request: string
  /** Fields as first answered, once the document has changed. */
  readonly first?: Fields
}

/** The circumstances of one call. */
export interface Call {
  /** Milliseconds on the clock of `performance.now()`; every promise is settled by then, give or take a tick. */
  readonly deadline: number
  /**
   * Whether nobody waits for the answer any more; an `AbortSignal` is one. It is asked before work leaves for the
   * database, and now and then after: what has not left by then never will.
   */
  readonly signal?: { readonly aborted: boolean }
}

/** A document that must be as it was read when something else is written. */
export interface Unchanged {
  readonly resource: Resource
  readonly current: StoredDocument
  /** Whether nobody else may have held it since it was read either: of those who lock it, one at a time commits. @default false */
  readonly isLocked?: boolean
}

/**
 * Why something was not done. For a write: it has not happened and will not happen.
 * - `busy`: more is waiting than may wait, or no connection came free in time.
 * - `deadline`: there was not enough time.
 * - `aborted`: the caller has left.
 * - `unavailable`: the database cannot be reached or has no primary.
 */
export interface NotDone {
  readonly kind: 'notDone'
  readonly reason: NotDoneReason
}
export type NotDoneReason = 'busy' | 'deadline' | 'aborted' | 'unavailable'

/**
 * A write left for the database and its fate could not be learnt before the deadline. It may have happened, or happen
 * yet. Sending the same create again with the same Idempotency-Key is safe, and so is a conditional write: it finds the
 * document changed.
 */
export interface Unknown {
  readonly kind: 'unknown'
}

export type ReadOutcome =
  | { readonly kind: 'found'; readonly document: StoredDocument }
  | { readonly kind: 'notFound' }
  | NotDone

/** `more`: the list goes on after the last of these documents. */
export type ListOutcome =
  | { readonly kind: 'page'; readonly documents: readonly StoredDocument[]; readonly more: boolean }
  | NotDone

/** Documents of a list that were counted. `isMore`: it has more than were to be counted. */
export type CountOutcome =
  | { readonly kind: 'counted'; readonly value: number; readonly isMore: boolean }
  | NotDone

/** An Idempotency-Key, scoped to the subject, the resource and the version that it was sent to. */
export interface CreationKey {
  /** `undefined`: a caller without a token. */
  readonly subject: string | undefined
  readonly version: VersionName
  readonly key: string
  /** Fingerprint of operation and body ({@link ./creation-key.ts} `requestFingerprint`). */
  readonly request: string
}

/** Another document has the same value in these stored fields. Empty where the database does not say which. */
export interface UniqueConflict {
  readonly kind: 'uniqueConflict'
  readonly fields: readonly string[]
}

/**
 * Why a key cannot be used.
 * - `inUse`: a request with it is still running here.
 * - `otherRequest`: it was used for another request.
 * - `spent`: it was used for this request more than 24 h ago, and the first answer is no longer known.
 */
export interface KeyRefused {
  readonly kind: 'keyRefused'
  readonly reason: 'inUse' | 'otherRequest' | 'spent'
}

export type CreateOutcome =
  | { readonly kind: 'created'; readonly document: StoredDocument }
  /** An earlier request with this key made it: `document` is as it was first answered, not as it is now. */
  | { readonly kind: 'replayed'; readonly document: StoredDocument }
  /** The given `id` is taken. Cannot happen to a create that leaves the id to the store. */
  | { readonly kind: 'duplicateId' }
  /** A document that was required to be unchanged is not: nothing was written, and all is to be decided anew. */
  | { readonly kind: 'requiredChanged' }
  | UniqueConflict
  | KeyRefused
  | NotDone
  | Unknown

/** An item that failed by a defect: each of a batch is told its own outcome, and the defect is reported. */
export interface Failed {
  readonly kind: 'failed'
  /** A `WriteRefusedError` proves that the item was not written; anything else leaves it open. */
  readonly error: unknown
}

/** One outcome per item, in order; or the key refuses the whole batch. */
export type BatchOutcome =
  | { readonly kind: 'items'; readonly outcomes: readonly (CreateOutcome | Failed)[] }
  | KeyRefused
  | NotDone
  | Unknown

export type ReplaceOutcome =
  | { readonly kind: 'replaced'; readonly document: StoredDocument }
  /** Another write came in between: the document is no longer at the version that was given. */
  | { readonly kind: 'versionConflict' }
  | { readonly kind: 'notFound' }
  | UniqueConflict
  | NotDone
  | Unknown

export type DeleteOutcome =
  | { readonly kind: 'deleted' }
  | { readonly kind: 'versionConflict' }
  | { readonly kind: 'notFound' }
  | NotDone
  | Unknown

export interface NewDocument {
  readonly fields: Fields
  /** @default a new UUID, or one derived from the key */
  readonly id?: string
  /** Its place in a batch with a key, from which its id follows: the same whatever becomes of the others. */
  readonly item?: number
  /** @default none */
  readonly requires?: readonly Unchanged[]
}

/** The circumstances of a change. */
export interface ChangeCall extends Call {
  /** Documents whose change fails the write, like a change of the document itself. @default none */
  readonly requires?: readonly Unchanged[]
}

/**
 * Reads see every write that was acknowledged, by any process, before they were asked for. Writes are acknowledged when
 * a majority has them. Replace and delete are conditional on the version of the document that they are given: of many
 * writers who read the same version, one wins.
 */
export interface Repository {
  read(resource: Resource, id: string, call: Call): Promise<ReadOutcome>

  /** @param residual what the list is narrowed to; `undefined`: to nothing */
  list(resource: Resource, query: ListQuery, residual: Residual | undefined, call: Call): Promise<ListOutcome>

  /** Counts all documents of a list, whatever its page, up to the resource's `countMax`. */
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

  /** Each item on its own: one that fails fails alone. Items carry no id where there is a key. */
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
   * The outcome of an earlier create with this key; `undefined`: there was none. For a create that is judged by what the
   * earlier one may have changed.
   */
  recall(
    resource: Resource,
    document: NewDocument,
    key: CreationKey,
    call: Call,
  ): Promise<CreateOutcome | undefined>

  /** Resolves when nothing is under way: to be awaited after the last caller has been refused, before the pool closes. */
  drain(): Promise<void>
}
