import { isDeepStrictEqual } from 'node:util'
import type { ActionResource, DocumentOf, FieldsOf } from '@spillway/origin/contract'
import type { FieldsWith } from './fields-with.ts'
import type { ListOptions } from './stored-list.ts'

type ItemOf<List> = NonNullable<List> extends readonly (infer Item)[] ? Item : never

/** Fields to change; `undefined` removes an optional field. */
export type Changes<On> = { readonly [Field in keyof FieldsOf<On>]?: FieldsOf<On>[Field] | undefined }

/** Numbers to add, by field. An absent field counts as 0. */
export type Increments<On> = { readonly [Field in FieldsWith<FieldsOf<On>, number>]?: number }

/** Items of arrays, by field. An absent field counts as an empty array. */
export type Items<On> = {
  readonly [Field in FieldsWith<FieldsOf<On>, readonly unknown[]>]?: readonly ItemOf<FieldsOf<On>[Field]>[]
}

/**
 * Documents for a handler. Reads share database commands with other requests. Writes are collected until the handler
 * returns, and then committed together, each on the condition that its document is unchanged since it was read;
 * otherwise the handler runs again on the current documents. The edge's purge tags follow from the writes. Reads see
 * this handler's own writes.
 *
 * Every write is subject to the resource's own `set` and `check`, with the operation `action`. Only the action's
 * resource and those in its `writes` can be written.
 */
export interface ActionStore {
  /**
   * @param options `unchanged`: the commit also requires that this document is unchanged since it was read
   * @returns `undefined` if it does not exist
   */
  get<On extends ActionResource>(
    resource: On,
    id: string,
    options?: { readonly unchanged?: boolean },
  ): Promise<DocumentOf<On> | undefined>

  /**
   * Reads a document and locks it: commits that lock the same document are serialized. A list made under the lock is
   * still complete at the commit, provided that every writer who adds to it locks the same document. The lock is
   * optimistic: nothing waits, and the second commit is repeated. Take it before the first list.
   *
   * @returns `undefined` if the document does not exist; nothing is locked then
   * @throws {TypeError} after a list, which may have missed a document added before the lock
   */
  lock<On extends ActionResource>(resource: On, id: string): Promise<DocumentOf<On> | undefined>

  /**
   * Stored documents that match a filter. Documents that this handler has written are shown in their new state, but
   * matched by their stored one.
   *
   * @throws {TypeError} if no index leads with a field of the filter
   */
  list<On extends ActionResource>(
    resource: On,
    options: ListOptions<On> & { readonly limit: number },
  ): Promise<readonly DocumentOf<On>[]>

  /** The first document of {@link list}; `undefined` if there is none. */
  find<On extends ActionResource>(resource: On, options: ListOptions<On>): Promise<DocumentOf<On> | undefined>

  /** @param options `id`: 1 to 64 letters, digits, hyphens or underscores. @default a new UUID */
  create<On extends ActionResource>(
    resource: On,
    fields: Changes<On>,
    options?: { readonly id?: string },
  ): Promise<DocumentOf<On>>

  /** Changes only the named fields. @throws {ProblemError} 404 if the document does not exist */
  update<On extends ActionResource>(resource: On, id: string, changes: Changes<On>): Promise<DocumentOf<On>>

  /** Changes the document if it exists, and creates it otherwise. */
  upsert<On extends ActionResource>(resource: On, id: string, fields: Changes<On>): Promise<DocumentOf<On>>

  /** Adds to numbers. @throws {ProblemError} 404 if the document does not exist */
  increment<On extends ActionResource>(resource: On, id: string, by: Increments<On>): Promise<DocumentOf<On>>

  /** Appends items to arrays. @throws {ProblemError} 404 if the document does not exist */
  append<On extends ActionResource>(resource: On, id: string, items: Items<On>): Promise<DocumentOf<On>>

  /**
   * Removes from arrays every item that equals one of these. @throws {ProblemError} 404 if the document does not exist
   */
  remove<On extends ActionResource>(resource: On, id: string, items: Items<On>): Promise<DocumentOf<On>>

  /** @throws {ProblemError} 404 if the document does not exist */
  delete<On extends ActionResource>(resource: On, id: string): Promise<void>

  /**
   * Restores a deleted document of a resource with `softDelete`; leaves an existing one unchanged.
   *
   * @throws {ProblemError} 404 if the document does not exist, or was deleted too long ago
   */
  restore<On extends ActionResource>(resource: On, id: string): Promise<DocumentOf<On>>
}

type Document = Readonly<Record<string, unknown>>

/** Fields after a change; a member that is `undefined` is removed. */
export function changed(fields: Document, changes: Document): Document {
  const next: Record<string, unknown> = { ...fields }
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete next[name]
    else next[name] = value
  }
  return next
}

/** Fields after adding to numbers. */
export function incremented(fields: Document, by: Document): Document {
  const changes = Object.entries(by).map(([name, value]) => [
    name,
    Number(fields[name] ?? 0) + Number(value ?? 0),
  ])
  return { ...fields, ...Object.fromEntries(changes) }
}

/** Fields after appending items to arrays. */
export function appended(fields: Document, items: Document): Document {
  const changes = Object.entries(items).map(([name, added]) => [
    name,
    [...listOf(fields[name]), ...listOf(added)],
  ])
  return { ...fields, ...Object.fromEntries(changes) }
}

/** Fields after removing items from arrays. */
export function removed(fields: Document, items: Document): Document {
  const changes = Object.entries(items).map(([name, taken]) => [
    name,
    listOf(fields[name]).filter((item) => !listOf(taken).some((one) => isDeepStrictEqual(one, item))),
  ])
  return { ...fields, ...Object.fromEntries(changes) }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
