import {
  type FeedQuery,
  feedFormatOf,
  feedLimits,
  headers,
  type Problem,
  parseFeedMs,
  parseFeedQuery,
  streamMediaType,
} from '@spillway/origin/contract'
import type { FastifyRequest } from 'fastify'
import { searchOf } from '../http/entry.ts'
import { jsonType } from '../http/json-body.ts'
import { sendProblem } from '../http/problem.ts'
import { headerOf } from '../http/request.ts'
import { sendFailure } from '../resource/answer.ts'
import type { CompiledView } from '../resource/compiled-view.ts'
import type { Handler } from '../resource/reads.ts'
import { fateOf } from '../store/database-error.ts'
import type { ChangePage, ChangeTail } from './change-tail.ts'
import { type DocumentsOfChanges, NotRead } from './current-documents.ts'
import type { FeedPages } from './feed-pages.ts'
import type { FeedRoom } from './feed-room.ts'
import {
  eventStream,
  type FeedAnswer,
  type FeedItem,
  type FeedPage,
  pageText,
  type Reader,
  type StreamBounds,
  waitingPage,
} from './feed-stream.ts'
import { visibleChange } from './visible-change.ts'

/** State that all feeds of a process share. */
export interface Feeding {
  readonly tail: ChangeTail
  readonly pages: FeedPages
  readonly documents: DocumentsOfChanges
  readonly room: FeedRoom
  readonly bounds: StreamBounds
  /** Answers in progress, ended when the process ends. */
  readonly running: Set<FeedAnswer>
  /** Called with an unexpected error of an answer, for the log. */
  readonly onDefect: (request: FastifyRequest, error: unknown) => void
}

/** Text of one page, in characters. Beyond it the rest is left for the next page. */
const pageLengthMax = 262_144

/** Documents that are read at a time: a page may end before it has all of them. */
const readAtOnce = 25

/**
 * GET of the changes of a resource. The first page is read with the request's permit, so that a refusal can still be a
 * problem answer. A reader who waits after it holds neither a permit nor a connection to the database.
 */
export function feedHandler(compiled: CompiledView, feeding: Feeding): Handler {
  const { room, running, tail, bounds, onDefect } = feeding
  return async (request, reply) => {
    const query = parseFeedQuery(searchOf(request.url), headerOf(request.headers, 'last-event-id'))
    if (!query.ok) return sendProblem(reply, query.problem)
    const isStream = feedFormatOf(request.headers.accept) === 'stream'
    const first = await firstPage(compiled, feeding, query.value, request)
    if (first === 'unavailable') return sendFailure(reply, { kind: 'notDone', reason: 'unavailable' })
    if (first === 'expired') return sendProblem(reply, expired)
    reply.headers({ 'cache-control': 'no-store', vary: 'accept' })
    const waitMs = query.value.waitSeconds * 1_000
    if (!isStream && (waitMs === 0 || first.items.length > 0 || first.more)) {
      return reply.header('content-type', jsonType).send(pageText(first))
    }
    const place = room.enter(request.principal?.subject)
    if (typeof place === 'string') return sendProblem(reply, noPlace[place])
    const longestMs = parseFeedMs(headerOf(request.headers, headers.feedMs))
    const options = {
      ...{ reader: readerOf(compiled, feeding, request), first, bounds },
      // A process that ends has ended the others already.
      lastsMs: tail.isStopped ? 0 : Math.min(longestMs, isStream ? feedLimits.streamMs : waitMs),
    }
    const answer = isStream ? eventStream(options) : waitingPage(options)
    running.add(answer)
    // Wakes a reader whose client has left, which its stream alone would not notice while it waits.
    reply.raw.once('close', answer.end)
    answer.stream.once('error', (error) => onDefect(request, error))
    answer.stream.once('close', () => {
      running.delete(answer)
      place[Symbol.dispose]()
    })
    return reply.header('content-type', isStream ? streamMediaType : jsonType).send(answer.stream)
  }
}

async function firstPage(
  compiled: CompiledView,
  { pages, documents }: Feeding,
  { after }: FeedQuery,
  request: FastifyRequest,
): Promise<FeedPage | 'expired' | 'unavailable'> {
  const { resource } = compiled.view
  try {
    if (after === undefined) return { items: [], position: await pages.last(), more: false }
    const page = await pages.after(resource, after, feedLimits.changesMax)
    return page === 'expired' ? page : await visiblePage(compiled, documents, page, request)
  } catch (error) {
    if (!(error instanceof NotRead) && fateOf(error) === 'refused') throw error
    return 'unavailable'
  }
}

function readerOf(
  compiled: CompiledView,
  { tail, pages, documents }: Feeding,
  request: FastifyRequest,
): Reader {
  const { resource } = compiled.view
  return {
    async next(position) {
      const page = await pages.afterInTurn(resource, position, feedLimits.changesMax)
      return page === 'expired' ? undefined : visiblePage(compiled, documents, page, request)
    },
    changed: (position, signal) => tail.changed(resource.name, position, signal),
    reached(position) {
      const page = tail.after(resource.name, position, 1)
      return page === undefined || page.changes.length > 0 ? position : page.position
    },
  }
}

/** The page as its reader may see it now. */
async function visiblePage(
  compiled: CompiledView,
  documents: DocumentsOfChanges,
  { changes, position, more }: ChangePage,
  { principal }: Pick<FastifyRequest, 'principal'>,
): Promise<FeedPage> {
  const items: FeedItem[] = []
  let length = 0
  for (let from = 0; from < changes.length; from += readAtOnce) {
    const some = changes.slice(from, from + readAtOnce)
    const current = await documents.of(compiled.view.resource, some)
    for (const change of some) {
      const text = visibleChange(compiled, change, current.get(change.document), principal)
      if (text === undefined) continue
      length += text.length
      if (length > pageLengthMax && items.length > 0) {
        return { items, position: change._id - 1, more: true }
      }
      items.push({ position: change._id, text })
    }
  }
  return { items, position, more }
}

const expired: Problem = {
  code: 'changes-expired',
  detail:
    'The changes after this position are no longer kept, or the position does not belong to this feed. Request the feed without `after` for the current position, list the documents again, and continue from that position.',
}

const noPlace: Readonly<Record<'full' | 'overShare', Problem>> = {
  full: {
    code: 'overloaded',
    detail: 'Too many readers wait for changes. Retry later, or ask without `wait`.',
    retryAfterSeconds: 5,
    // Says nothing about other requests.
    isOwnFault: true,
  },
  overShare: {
    code: 'rate-limited',
    detail:
      'Too many of your readers wait for changes at the same time. Share one among them, or ask without `wait`.',
    retryAfterSeconds: 5,
  },
}
