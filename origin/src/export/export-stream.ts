import { Readable } from 'node:stream'
import { type CursorValue, type ListQuery, valueAt } from '@spillway/origin/contract'
import { approximateBytes } from '../store/records.ts'
import type { Call, ListOutcome, StoredDocument } from '../store/repository.ts'

/** An intended abort of an export: a time limit, or the end of the process. */
export class CutOff extends Error {
  override readonly name = 'CutOff'
}

type Page = Extract<ListOutcome, { kind: 'page' }>

export interface ExportStreamOptions {
  /** The list, with the limit of its first page. */
  readonly query: ListQuery
  readonly list: (query: ListQuery, call: Call) => Promise<ListOutcome>
  /** Text before the first document. */
  readonly head: string
  readonly textOf: (document: StoredDocument) => string
  /** Called with each page that is handed on. */
  readonly onPage: (rows: number, bytes: number) => void
  /** Whether other work should go first. */
  readonly isBusy: () => boolean
  /** Deadline of the whole export, by `performance.now()`. */
  readonly deadlineMs: number
  readonly bounds: ExportBounds
}

/** Bounds of one export. */
export interface ExportBounds {
  /** Target size of a page, in bytes of its documents. */
  readonly pageBytes: number
  readonly pageRowsMax: number
  /** Time limit of one page, in ms. */
  readonly pageTimeoutMs: number
  /** Time for which a page is retried while the database has no capacity, in ms. */
  readonly patienceMs: number
  /** Time without a read by the caller after which the export is aborted, in ms. */
  readonly stallMs: number
}

export const exportBounds: ExportBounds = {
  pageBytes: 262_144,
  pageRowsMax: 1_000,
  pageTimeoutMs: 5_000,
  patienceMs: 30_000,
  stallMs: 30_000,
}

/**
 * A list as a stream of text. Each page is read when the caller has received the previous one, so memory holds at most
 * two pages, and no cursor stays open in the database. An error destroys the stream: the connection closes before the
 * last chunk, so the caller cannot take a part for the whole.
 */
export function exportStream(first: Page, options: ExportStreamOptions): Readable {
  const departure = new AbortController()
  const stream = Readable.from(
    textsOf(first, options, departure.signal, () => stream),
    {
      objectMode: false,
      highWaterMark: 1,
    },
  )
  const late = setTimeout(
    () => stream.destroy(new CutOff('it did not end in time')),
    options.deadlineMs - performance.now(),
  )
  stream.once('close', () => {
    clearTimeout(late)
    departure.abort()
  })
  return stream
}

async function* textsOf(
  first: Page,
  options: ExportStreamOptions,
  signal: AbortSignal,
  stream: () => Readable,
): AsyncGenerator<Buffer> {
  const { head, textOf, onPage, bounds } = options
  let page = first
  let text = head
  for (;;) {
    for (const document of page.documents) text += textOf(document)
    if (text !== '') {
      const bytes = Buffer.from(text)
      onPage(page.documents.length, bytes.length)
      const stalled = setTimeout(
        () => stream().destroy(new CutOff('its caller took nothing')),
        bounds.stallMs,
      )
      try {
        yield bytes
      } finally {
        clearTimeout(stalled)
      }
    }
    if (!page.more) return
    text = ''
    page = await nextPage(page, options, signal)
  }
}

async function nextPage(
  { documents }: Page,
  { query, list, isBusy, deadlineMs, bounds }: ExportStreamOptions,
  signal: AbortSignal,
): Promise<Page> {
  const next = { ...query, limit: rowsOf(documents, bounds), after: placeOf(query, documents) }
  const patientUntilMs = Math.min(deadlineMs, performance.now() + bounds.patienceMs)
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
    // Background work waits for idle capacity, and continues without it after `patienceMs`.
    while (isBusy() && performance.now() < patientUntilMs) await pause(50, signal)
    const deadline = Math.min(deadlineMs, performance.now() + bounds.pageTimeoutMs)
    const outcome = await list(next, { deadline, signal, priority: 'background' })
    if (outcome.kind === 'page') return outcome
    if (outcome.reason === 'aborted' || performance.now() >= patientUntilMs) {
      throw new CutOff(outcome.reason)
    }
    await pause(pauseMs, signal)
  }
}

async function pause(timeMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await new Promise((resolve) => setTimeout(resolve, timeMs))
  signal.throwIfAborted()
}

/** Number of documents that fit into a page, by the size of the last page's documents. */
function rowsOf(documents: readonly StoredDocument[], { pageBytes, pageRowsMax }: ExportBounds): number {
  const bytes = documents.reduce((sum, { fields }) => sum + approximateBytes(fields), 0)
  const rows = Math.floor((pageBytes * documents.length) / Math.max(1, bytes))
  return Math.min(pageRowsMax, Math.max(1, rows))
}

/** Sort values of the last document: the next page starts after it. */
function placeOf({ sort }: ListQuery, documents: readonly StoredDocument[]): readonly CursorValue[] {
  // The casts are safe: a page with a next one has documents, and sort fields have values of cursors.
  const last = documents.at(-1) as StoredDocument
  return sort.map(({ path }) => (path === '_id' ? last.id : valueAt(last.fields, path)) as CursorValue)
}
