import type { Load } from '@spillway/origin/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ReadChanges } from '../events/read-changes.ts'
import { isBusy } from '../overload/yields.ts'
import type { CompiledView } from '../resource/compiled-view.ts'
import type { Handler } from '../resource/reads.ts'
import type { Repository } from '../store/repository.ts'
import { ChangeTail, tailTimes } from './change-tail.ts'
import { DocumentsOfChanges } from './current-documents.ts'
import { type Feeding, feedHandler } from './feed-handler.ts'
import { FeedPages } from './feed-pages.ts'
import { FeedRoom, type RoomBounds, roomBounds } from './feed-room.ts'
import { type StreamBounds, streamBounds } from './feed-stream.ts'

/** Bounds of the feeds of a process. */
export interface FeedBounds extends RoomBounds, StreamBounds {}

export interface FeedsOptions {
  readonly read: ReadChanges
  readonly repository: Pick<Repository, 'read'>
  readonly load: () => Load
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Called with an unexpected error of an answer, for the log. */
  readonly onDefect: (request: FastifyRequest, error: unknown) => void
  /** @default {@link roomBounds} and {@link streamBounds} */
  readonly bounds?: Partial<FeedBounds>
}

export interface Feeds {
  handlerOf(compiled: CompiledView): Handler
  /** Readers who wait or are sent a stream. */
  readonly readers: () => number
}

/** Time for readers to take what they were sent, when the process ends, in ms. */
const graceMs = 1_000

/** Compiles the feeds of a process, which share the tail of the log, and the documents that they show. */
export function compileFeeds(
  app: FastifyInstance,
  { read, repository, load, clock, onDefect, bounds }: FeedsOptions,
): Feeds {
  const tail = new ChangeTail(read, tailTimes)
  const all: FeedBounds = { ...roomBounds, ...streamBounds, ...bounds }
  const room = new FeedRoom(all)
  const feeding: Feeding = {
    tail,
    pages: new FeedPages({ read, tail, now: clock, isBusy: () => isBusy(load()) }),
    documents: new DocumentsOfChanges(repository, () => tail.position),
    room,
    bounds: all,
    running: new Set(),
    onDefect,
  }
  // Readers come back to another process, and continue from their position.
  app.addHook('preClose', async () => {
    for (const { end } of feeding.running) end()
    setTimeout(() => {
      for (const { stream } of feeding.running) stream.destroy()
    }, graceMs).unref()
    await tail.stop()
  })
  return { handlerOf: (compiled) => feedHandler(compiled, feeding), readers: () => room.count }
}
