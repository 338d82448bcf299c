import { queryString } from './query-string.ts'
import type { CallOptions, Send } from './send.ts'

/** One write of a document. Fields that the caller may not read are not named. */
export interface HistoryRecord<Document> {
  /** Version that the write made; of a deletion, the one that it deleted. */
  readonly version: number
  readonly type: 'created' | 'updated' | 'deleted' | 'restored'
  readonly at: string
  /** Subject of the caller. */
  readonly by?: string
  /** The action, handler or job that wrote. */
  readonly via?: string
  readonly requestId?: string
  readonly changed: readonly (keyof Document & string)[]
  /** Values before and after the write, where the resource records them. */
  readonly before?: Partial<Document>
  readonly after?: Partial<Document>
}

export interface HistoryPage<Document> {
  readonly items: readonly HistoryRecord<Document>[]
  /** Position of the next page; `null` on the last one. */
  readonly nextCursor: string | null
}

export interface HistoryOptions extends CallOptions {
  readonly limit?: number
  readonly cursor?: string
}

/** A history: iterate over its records, newest first, or await one page. */
export interface History<Document> extends AsyncIterable<HistoryRecord<Document>> {
  page(): Promise<HistoryPage<Document>>
}

/** The history at the path of a document. Pages are asked for one after the other, as they are needed. */
export function createHistory<Document>(
  send: Send,
  path: string,
  options: HistoryOptions,
): History<Document> {
  async function pageAfter(cursor: string | undefined): Promise<HistoryPage<Document>> {
    const search = queryString([
      ...(options.limit === undefined ? [] : [['limit', String(options.limit)] as const]),
      ...(cursor === undefined ? [] : [['cursor', cursor] as const]),
    ])
    const { body } = await send({ method: 'GET', path: `${path}/history${search}`, options })
    // The cast: the answer of a history is a page of records.
    return body as HistoryPage<Document>
  }
  return {
    page: () => pageAfter(options.cursor),
    async *[Symbol.asyncIterator]() {
      for (let cursor = options.cursor; ; ) {
        const { items, nextCursor } = await pageAfter(cursor)
        yield* items
        if (nextCursor === null) return
        cursor = nextCursor
      }
    },
  }
}
