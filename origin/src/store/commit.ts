import type { Fields, Resource } from '@spillway/origin/contract'
import type { KeyRefused, NotDone, StoredDocument, Unchanged, UniqueConflict, Unknown } from './repository.ts'
import type { RecordWrite } from './transaction.ts'

/**
 * A change of one document, or the condition that it stays as it was read. One that is locked requires in addition that
 * nobody else has held the document since then.
 */
export type Change =
  | { readonly kind: 'create'; readonly resource: Resource; readonly id?: string; readonly fields: Fields }
  | {
      readonly kind: 'replace'
      readonly resource: Resource
      readonly current: StoredDocument
      readonly fields: Fields
      readonly isLocked?: boolean
    }
  | ({ readonly kind: 'delete' } & Unchanged)
  /** `current`: as it was deleted. */
  | ({ readonly kind: 'restore'; readonly fields: Fields } & Unchanged)
  | ({ readonly kind: 'unchanged' } & Unchanged)

/** A change in the form in which it will be written. */
export interface Prepared extends RecordWrite {
  readonly resource: Resource
  /** Stored fields before the change. */
  readonly before: Fields | undefined
  /** Document after the change; `undefined` if there is none. */
  readonly document: StoredDocument | undefined
}

/** The answer to a request with an Idempotency-Key, stored together with the request's writes. */
export interface KeptAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The document that the body shows; absent if it shows none. */
  readonly shows?: ShownDocument
}

/** A document in an answer, so that the right to see it can be judged again when the answer is repeated. */
export interface ShownDocument {
  readonly resource: string
  readonly id: string
  /** Stored fields that were hidden from the caller. */
  readonly hidden: readonly string[]
}

/** An Idempotency-Key and the answer to store for it. */
export interface KeyedAnswer {
  /** Id of the key ({@link ./creation-key.ts}). */
  readonly id: string
  /** Fingerprint of the request. */
  readonly request: string
  readonly answer: KeptAnswer
}

export type CommitOutcome =
  | { readonly kind: 'committed' }
  /** A document has changed since it was read: everything must be decided again. */
  | { readonly kind: 'changed' }
  /** An earlier request with the same key has stored its answer. */
  | { readonly kind: 'answered' }
  | (UniqueConflict & { readonly resource: Resource })
  | NotDone
  | Unknown

export type AnswerOutcome =
  | { readonly kind: 'none' }
  | { readonly kind: 'kept'; readonly answer: KeptAnswer }
  | KeyRefused
  | NotDone
