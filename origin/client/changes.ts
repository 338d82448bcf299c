import { ApiProblem, NoAnswer } from './problem.ts'
import { queryString } from './query-string.ts'
import { pause, type Send } from './send.ts'

/** A change that the caller may know of. */
export type Change<Document> = {
  /** Continue after it with `after`. */
  readonly position: string
  /** Id of the document. */
  readonly id: string
  readonly at: string
} & (
  | {
      readonly type: 'created' | 'updated' | 'restored'
      readonly version: number
      /** Fields that an update changed. */
      readonly changed?: readonly string[]
      readonly etag: string
      /** The document as it is now. */
      readonly document: Document
    }
  | { readonly type: 'deleted' }
)

export interface ChangesOptions {
  /** Position after which changes are sent. @default from now on */
  readonly after?: string
  readonly signal?: AbortSignal
}

interface ChangesPage<Document> {
  readonly items: readonly Change<Document>[]
  readonly next: string
}

const waitSeconds = 25
const longestPauseMs = 30_000

/**
 * Asks for changes again and again, each time from where the last answer ended.
 * @throws {ApiProblem} for a refusal that does not pass: `changes-expired` if the position is too old
 */
export async function* followChanges<Document>(
  send: Send,
  path: string,
  { after, signal }: ChangesOptions,
): AsyncGenerator<Change<Document>> {
  let position = after
  for (let failures = 0; ; ) {
    // Without a position nothing is waited for, so that none is missed between two answers.
    const wait = position === undefined ? '0' : String(waitSeconds)
    const search = queryString([
      ['wait', wait],
      ...(position === undefined ? [] : [['after', position] as const]),
    ])
    try {
      const { body } = await send({
        ...{ method: 'GET', path: `${path}/changes${search}`, attemptMs: (waitSeconds + 10) * 1_000 },
        options: { timeoutMs: (waitSeconds + 15) * 1_000, ...(signal !== undefined && { signal }) },
      })
      // The cast: the answer of a feed is a page of changes.
      const { items, next } = body as ChangesPage<Document>
      failures = 0
      for (const change of items) {
        yield change
        position = change.position
      }
      position = next
    } catch (error) {
      const isPassing = error instanceof ApiProblem ? error.problem.retryable : error instanceof NoAnswer
      if (!isPassing) throw error
      failures += 1
      await pause(Math.random() * Math.min(longestPauseMs, 1_000 * 2 ** failures), signal)
    }
  }
}
