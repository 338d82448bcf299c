import { Readable } from 'node:stream'
import type { CursorValue, ListQuery } from '@spillway/origin/contract'
import { approximateBytes } from '../store/records.ts'
import type { Call, ListOutcome, StoredDocument } from '../store/repository.ts'

/** A planned end of an export in the middle. */
export class CutOff extends Error {
  override readonly name = 'CutOff'
}

type Page = Extract<ListOutcome, { kind: 'page' }>

export interface ExportStreamOptions {
  /** The list, with the size of its first page. */
  readonly query: ListQuery
  readonly list: (query: ListQuery, call: Call) => Promise<ListOutcome>
  /** Text before the first document. */
  readonly head: string
  readonly textOf: (document: StoredDocument) => string
  /** Told of each page that is handed on. */
  readonly onPage: (rows: number, bytes: number) => void
  /** Whether other work should go first. */
  readonly isBusy: () => boolean
  /** When it must have ended, by `performance.now()`. */
  readonly deadlineMs: number
  readonly bounds: ExportBounds
}

/** Bounds of one export. */
export interface ExportBounds {
  /** Bytes of documents that one page should have. */
  readonly pageBytes: number
  readonly pageRowsMax: number
  /** How long one page may take, in ms. */
  readonly pageTimeoutMs: number
  /** How long a page that the database had no time for is asked for again, in ms. */
  readonly patienceMs: number
  /** How long a caller may take nothing, in ms. */
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
 * A list as a stream of text: page after page, each asked for when the one before it has been taken, so that memory holds
 * two at the most and no cursor stays open in the database. An error ends the stream in the middle: the connection is cut,
 * and nobody takes what has arrived for all of it.
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
    // Work in the background goes on when there is room, or after as long as it can wait.
    while (isBusy() && performance.now() < patientUntilMs) await pause(50, signal)
    const deadline = Math.min(deadlineMs, performance.now() + bounds.pageTimeoutMs)
    const outcome = await list(next, { deadline, signal })
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

/** As many documents as the last ones tell that a page has room for. */
function rowsOf(documents: readonly StoredDocument[], { pageBytes, pageRowsMax }: ExportBounds): number {
  const bytes = documents.reduce((sum, { fields }) => sum + approximateBytes(fields), 0)
  const rows = Math.floor((pageBytes * documents.length) / Math.max(1, bytes))
  return Math.min(pageRowsMax, Math.max(1, rows))
}

/** Sort values of the last document: the next page starts after it. */
function placeOf({ sort }: ListQuery, documents: readonly StoredDocument[]): readonly CursorValue[] {
  // The casts: only a page with documents goes on, and sort fields have values.
  const last = documents.at(-1) as StoredDocument
  return sort.map(({ path }) => (path === '_id' ? last.id : last.fields[path]) as CursorValue)
}
