import { isDeepStrictEqual } from 'node:util'
import type { ActionResource, DocumentOf, FieldsOf } from '@spillway/origin/contract'
import type { FieldsWith } from './fields-with.ts'
import type { ListOptions } from './stored-list.ts'

type ItemOf<List> = NonNullable<List> extends readonly (infer Item)[] ? Item : never

/** Fields to change; `undefined` removes an optional one. */
export type Changes<On> = { readonly [Field in keyof FieldsOf<On>]?: FieldsOf<On>[Field] | undefined }

/** Numbers to add, by field. An absent field counts as 0. */
export type Increments<On> = { readonly [Field in FieldsWith<FieldsOf<On>, number>]?: number }

/** Items of lists, by field. An absent field counts as an empty list. */
export type Items<On> = {
  readonly [Field in FieldsWith<FieldsOf<On>, readonly unknown[]>]?: readonly ItemOf<FieldsOf<On>[Field]>[]
}

/**
 * Documents for a handler. Reads join those of other requests. Writes are kept until the handler has returned and then
 * happen together, each on the condition that its document is still the one that was read; else the handler runs again on
 * what is there now. What they make obsolete at the edge follows from them. A document that was read or written here is
 * shown as this handler has left it.
 *
 * Every write is judged by the resource's own `set` and `check`, with the operation `action`, and refused as any other
 * would be. Only the action's resource and those that it names in `writes` can be written.
 */
export interface ActionStore {
  /**
   * @param options `unchanged`: the commit also requires that this document is still as it was read
   * @returns `undefined`: there is none
   */
  get<On extends ActionResource>(
    resource: On,
    id: string,
    options?: { readonly unchanged?: boolean },
  ): Promise<DocumentOf<On> | undefined>

  /**
   * Reads a document and takes a lock on it: of all commits that lock the same one, only those go through between whose
   * reads and writes there was no other. So what is listed under the lock is still all there is when the commit happens,
   * provided that everybody who adds to it locks the same document. It is optimistic: nobody waits, and whoever comes
   * second decides anew. To be taken before the first list.
   *
   * @returns `undefined`: there is none, and nothing is locked
   * @throws {TypeError} after a list, which may have missed what was added before the lock
   */
  lock<On extends ActionResource>(resource: On, id: string): Promise<DocumentOf<On> | undefined>

  /**
   * Stored documents that a filter finds. What this handler has written is shown as it has left it, and not looked for.
   *
   * @throws {TypeError} where no index leads with a field of the filter
   */
  list<On extends ActionResource>(
    resource: On,
    options: ListOptions<On> & { readonly limit: number },
  ): Promise<readonly DocumentOf<On>[]>

  /** The first document that {@link list} would find; `undefined`: there is none. */
  find<On extends ActionResource>(resource: On, options: ListOptions<On>): Promise<DocumentOf<On> | undefined>

  /** @param options `id`: 1 to 64 letters, digits, hyphens or underscores. @default a new UUID */
  create<On extends ActionResource>(
    resource: On,
    fields: Changes<On>,
    options?: { readonly id?: string },
  ): Promise<DocumentOf<On>>

  /** Changes the named fields and no other. @throws {ProblemError} 404 where there is no such document */
  update<On extends ActionResource>(resource: On, id: string, changes: Changes<On>): Promise<DocumentOf<On>>

  /** Changes the document where there is one, and creates it otherwise. */
  upsert<On extends ActionResource>(resource: On, id: string, fields: Changes<On>): Promise<DocumentOf<On>>

  /** Adds to numbers. @throws {ProblemError} 404 where there is no such document */
  increment<On extends ActionResource>(resource: On, id: string, by: Increments<On>): Promise<DocumentOf<On>>

  /** Adds items at the end of lists. @throws {ProblemError} 404 where there is no such document */
  append<On extends ActionResource>(resource: On, id: string, items: Items<On>): Promise<DocumentOf<On>>

  /** Takes every item that equals one of these out of lists. @throws {ProblemError} 404 where there is no such document */
  remove<On extends ActionResource>(resource: On, id: string, items: Items<On>): Promise<DocumentOf<On>>

  /** @throws {ProblemError} 404 where there is no such document */
  delete<On extends ActionResource>(resource: On, id: string): Promise<void>

  /**
   * Brings a document back that was deleted, where the resource has `softDelete`; one that is there is left as it is.
   *
   * @throws {ProblemError} 404 where there is none, or it was deleted too long ago
   */
  restore<On extends ActionResource>(resource: On, id: string): Promise<DocumentOf<On>>
}

type Document = Readonly<Record<string, unknown>>

/** Fields after a change; absent members of it are removed. */
export function changed(fields: Document, changes: Document): Document {
  const next: Record<string, unknown> = { ...fields }
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete next[name]
    else next[name] = value
  }
  return next
}

/** Fields with numbers added to. */
export function incremented(fields: Document, by: Document): Document {
  const changes = Object.entries(by).map(([name, value]) => [
    name,
    Number(fields[name] ?? 0) + Number(value ?? 0),
  ])
  return { ...fields, ...Object.fromEntries(changes) }
}

/** Fields with items added to the ends of lists. */
export function appended(fields: Document, items: Document): Document {
  const changes = Object.entries(items).map(([name, added]) => [
    name,
    [...listOf(fields[name]), ...listOf(added)],
  ])
  return { ...fields, ...Object.fromEntries(changes) }
}

/** Fields with items taken out of lists. */
export function removed(fields: Document, items: Document): Document {
  const changes = Object.entries(items).map(([name, taken]) => [
    name,
    listOf(fields[name]).filter((item) => !listOf(taken).some((one) => isDeepStrictEqual(one, item))),
  ])
  return { ...fields, ...Object.fromEntries(changes) }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
