import { type ListParts, listParameters, queryString } from './query-string.ts'
import type { CallOptions, Send } from './send.ts'
import type { List, Page } from './types.ts'

/** A list at a path. Pages are asked for one after the other, as they are needed. */
export function createList<Document>(
  send: Send,
  path: string,
  options: ListParts & CallOptions,
): List<Document> {
  async function pageAfter(cursor: string | undefined): Promise<Page<Document>> {
    const parameters = listParameters({ ...options, cursor })
    const { body } = await send({ method: 'GET', path: path + queryString(parameters), options })
    // The cast: the answer of a list is a page.
    return body as Page<Document>
  }

  async function* pages() {
    let cursor = options.cursor
    do {
      const page = await pageAfter(cursor)
      yield page
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
  }

  return {
    page: () => pageAfter(options.cursor),
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const { items } of pages()) yield* items
    },
  }
}
