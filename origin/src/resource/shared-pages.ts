import type { ListQuery } from '@spillway/origin/contract'
import type { StoredDocument } from '../store/repository.ts'

/** Text of a page of a list, and what follows from it. */
export interface PageText {
  readonly body: string
  readonly etag: string
  /** Cursor of the next page; `undefined` if there is none. */
  readonly cursor: string | undefined
}

/**
 * Texts of pages that several callers get from one query of the database: joined lists have the same documents, and most
 * of them ask for the same text. Nothing is kept longer than the documents themselves.
 */
export class SharedPages {
  readonly #texts = new WeakMap<readonly StoredDocument[], Map<ListQuery, PageText>>()

  /** @param make called by the first of the callers with these documents and this query */
  textOf(documents: readonly StoredDocument[], query: ListQuery, make: () => PageText): PageText {
    let texts = this.#texts.get(documents)
    if (texts === undefined) {
      texts = new Map()
      this.#texts.set(documents, texts)
    }
    let text = texts.get(query)
    if (text === undefined) {
      text = make()
      texts.set(query, text)
    }
    return text
  }
}
