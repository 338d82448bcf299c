import type { ListQuery } from '@spillway/origin/contract'
import { getOrMake } from '../lib/get-or-make.ts'
import type { StoredDocument } from '../store/repository.ts'

/** Text of a page of a list, and what follows from it. */
export interface PageText {
  readonly body: string
  readonly etag: string
  /** Cursor of the next page; `undefined` if there is none. */
  readonly cursor: string | undefined
}

/**
 * Texts of pages that several callers get from one query of the database: joined lists have the same documents, and
 * most of them ask for the same text. Nothing is kept longer than the documents themselves.
 */
export class SharedPages {
  readonly #texts = new WeakMap<readonly StoredDocument[], Map<ListQuery, PageText>>()

  /** @param make called by the first of the callers with these documents and this query */
  textOf(documents: readonly StoredDocument[], query: ListQuery, make: () => PageText): PageText {
    const texts = getOrMake(this.#texts, documents, () => new Map<ListQuery, PageText>())
    return getOrMake(texts, query, make)
  }
}
