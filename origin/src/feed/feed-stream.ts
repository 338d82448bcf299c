import { Readable } from 'node:stream'
import { feedLimits } from '@spillway/origin/contract'
import type { ChangePage } from './change-tail.ts'

/** A change as its reader may see it. */
export interface FeedItem {
  readonly position: number
  /** JSON. */
  readonly text: string
}

/** A page as its reader may see it. Changes that are hidden from the reader are left out; the position passes them. */
export interface FeedPage extends Omit<ChangePage, 'changes'> {
  readonly items: readonly FeedItem[]
}

/** Access to the log for one reader who holds no permit. */
export interface Reader {
  /** Changes after a position; `undefined` if the position has expired. */
  next(position: number): Promise<FeedPage | undefined>
  /** Waits until there may be changes after a position, or the signal is aborted. */
  changed(position: number, signal: AbortSignal): Promise<void>
  /** The position up to which there is certainly nothing more for this reader, as far as that is known. */
  reached(position: number): number
}

export interface FeedStreamOptions {
  readonly reader: Reader
  /** The page that was read with the permit. */
  readonly first: FeedPage
  /** Longest time that the answer may take, in ms. */
  readonly lastsMs: number
  readonly bounds: StreamBounds
}

export interface StreamBounds {
  /** Time without a read by the caller after which a stream is cut off, in ms. */
  readonly stallMs: number
  readonly heartbeatMs: number
}

export const streamBounds: StreamBounds = { stallMs: 30_000, heartbeatMs: feedLimits.heartbeatMs }

/** A started answer: `end` lets it come to its usual end before its time. */
export interface FeedAnswer {
  readonly stream: Readable
  end(): void
}

/** One page of JSON. */
export const pageText = ({ items, position, more }: FeedPage): string =>
  `{"items":[${items.map(({ text }) => text).join()}],"next":"${position}","more":${more}}`

/** A page of JSON as soon as there is a visible change, or an empty page when the time is over. */
export const waitingPage = (options: FeedStreamOptions): FeedAnswer =>
  answer(options, (signal) => pageWhenChanged(options, signal))

/** Server-sent events until the time is over. Each has its position as id, so a reader resumes after the last one. */
export const eventStream = (options: FeedStreamOptions): FeedAnswer =>
  answer(options, (signal) => eventsUntilEnd(options, signal))

/**
 * The text as a stream that makes the next chunk when the caller has taken the last one. So at most two pages are buffered
 * for a slow caller, who is cut off when it takes nothing.
 */
function answer(
  { lastsMs, bounds }: FeedStreamOptions,
  make: (signal: AbortSignal) => AsyncGenerator<string>,
): FeedAnswer {
  const ending = new AbortController()
  const stream = Readable.from(
    watched(make(ending.signal), bounds.stallMs, () => stream),
    { objectMode: false, highWaterMark: 1 },
  )
  const end = () => ending.abort()
  const over = setTimeout(end, lastsMs)
  stream.once('close', () => {
    clearTimeout(over)
    end()
  })
  return { stream, end }
}

async function* watched(
  texts: AsyncGenerator<string>,
  stallMs: number,
  stream: () => Readable,
): AsyncGenerator<Buffer> {
  for await (const text of texts) {
    const stalled = setTimeout(() => stream().destroy(), stallMs)
    try {
      yield Buffer.from(text)
    } finally {
      clearTimeout(stalled)
    }
  }
}

async function* pageWhenChanged(
  { reader, first }: FeedStreamOptions,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let { position } = first
  const over = whenAborted(signal)
  // Sends the head: nothing may be silent for as long as a reader may wait. JSON allows the space (RFC 8259 §2).
  yield ' '
  while (!signal.aborted) {
    await reader.changed(position, signal)
    const page = signal.aborted ? undefined : await nextPage(reader, position, over)
    if (page === undefined) break
    if (page.items.length > 0 || page.more) {
      yield pageText(page)
      return
    }
    position = page.position
  }
  yield pageText({ items: [], position: reader.reached(position), more: false })
}

async function* eventsUntilEnd(
  { reader, first, bounds }: FeedStreamOptions,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let page: FeedPage | undefined = first
  let { position } = first
  const over = whenAborted(signal)
  // Readers of a stopped process must not come back all at once.
  yield `retry: ${500 + Math.floor(Math.random() * 2_000)}\n\n`
  for (let sentMs = performance.now() - bounds.heartbeatMs; page !== undefined; ) {
    const { items, more } = page
    position = page.position
    if (items.length > 0) {
      yield items.map(({ position: id, text }) => `id: ${id}\ndata: ${text}\n\n`).join('')
      sentMs = performance.now()
    }
    if (signal.aborted) break
    if (!more) {
      position = reader.reached(position)
      const dueMs = sentMs + bounds.heartbeatMs - performance.now()
      if (dueMs <= 0) {
        // An id without data moves the position of a reader who sees no change (HTML standard, "Server-sent events").
        yield `id: ${position}\n: heartbeat\n\n`
        sentMs = performance.now()
      }
      const beat = AbortSignal.timeout(
        Math.max(1, Math.ceil(sentMs + bounds.heartbeatMs - performance.now())),
      )
      await reader.changed(position, AbortSignal.any([signal, beat]))
    }
    page = signal.aborted ? undefined : await nextPage(reader, position, over)
  }
  yield `id: ${reader.reached(position)}\n: end\n\n`
}

/**
 * The next page; `undefined` if the time is over, the position has expired, or it could not be read: the reader comes back
 * then, and gets the reason.
 */
const nextPage = (
  reader: Reader,
  position: number,
  over: Promise<undefined>,
): Promise<FeedPage | undefined> => Promise.race([reader.next(position).catch(() => undefined), over])

const whenAborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
