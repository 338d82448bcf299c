import type { Db, Document } from 'mongodb'
import type { CommandBounds } from '../store/command-bounds.ts'
import type { StoredRecord } from '../store/envelope.ts'

/** A document with events, as far as the drain reads it. */
export interface Pending extends Pick<StoredRecord, '_id' | '_w' | '_out' | '_created'> {}

export interface PendingEventsOptions {
  readonly db: Db
  readonly bounds: CommandBounds
  readonly collection: string
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Interval of the scans that begin at the beginning of the index, in ms. */
  readonly wholeMs: number
}

/** Documents of a scan. They come in one reply of the database, so they have at most 16 MiB. */
const documentsMax = 256

/** Part of the last scan that the next one repeats, in ms: writes do not commit in the order of their times. */
const overlapMs = 250

const timeoutMs = 10_000

/**
 * Documents of a collection that have events, oldest first.
 *
 * perf: the database removes index entries late, so a scan from the beginning passes every event that was cleared
 * within the last minute, which costs more than the rest of it. Therefore a scan begins where the last one ended.
 * Events may appear before that point, since clocks differ and a write may commit late: a scan from the beginning, now
 * and then, finds them.
 */
export class PendingEvents {
  readonly #options: PendingEventsOptions
  /** Time of the event at which the next scan begins; `undefined`: the beginning. */
  #fromMs: number | undefined
  #wholeAtMs = Number.NEGATIVE_INFINITY

  constructor(options: PendingEventsOptions) {
    this.#options = options
  }

  /** The next documents. They are found again until they are cleared. */
  async next(): Promise<readonly Pending[]> {
    const { now, wholeMs } = this.#options
    if (now() - this.#wholeAtMs >= wholeMs) this.#fromMs = undefined
    if (this.#fromMs === undefined) this.#wholeAtMs = now()
    return oldestPending(this.#options, documentsMax, this.#fromMs)
  }

  /** Removes the events that are in the log from documents that have not been written since the scan. */
  async clear(pending: readonly Pending[]): Promise<void> {
    const { db, bounds, collection } = this.#options
    const updates = [...together(pending.filter(isLive)), ...pending.filter((one) => !isLive(one)).map(alone)]
    const writeConcern = { w: 'majority', wtimeout: timeoutMs }
    const command = { update: collection, updates, ordered: false, writeConcern }
    const { n } = await bounds.run(timeoutMs, (signal) => db.command(command, { signal }))
    const last = pending.at(-1)?._out
    // A document that was written meanwhile still has the time of its first event.
    this.#fromMs = n < pending.length || last === undefined ? undefined : last.since - overlapMs
  }
}

const isLive = ({ _out }: Pending): boolean => _out?.expires === undefined

/**
 * perf: one statement for all documents, which costs the database half as much as one for each. The id of a write is
 * unique, so a document whose last write is among the ids is unchanged since it was read.
 */
function together(pending: readonly Pending[]): readonly Document[] {
  if (pending.length === 0) return []
  const q = {
    _id: { $in: pending.map(({ _id }) => _id) },
    '_w.0': { $in: pending.map(({ _w }) => _w[0]) },
  }
  return [{ q, u: { $unset: { _out: '' } }, multi: true }]
}

/** Each tombstone has its own time from which it may be removed. */
const alone = ({ _id, _w, _out }: Pending): Document => ({
  q: { _id, '_w.0': _w[0] },
  u: { $unset: { _out: '' }, $set: { _expires: _out?.expires } },
})

/**
 * The oldest documents with events.
 * @param fromMs omits documents whose oldest event is older. @default none is omitted
 */
export async function oldestPending(
  { db, bounds, collection }: Pick<PendingEventsOptions, 'db' | 'bounds' | 'collection'>,
  limit: number,
  fromMs?: number,
): Promise<readonly Pending[]> {
  const command = {
    find: collection,
    // A sparse index serves only a query that states that the field exists.
    filter: { '_out.since': fromMs === undefined ? { $exists: true } : { $gte: fromMs } },
    sort: { '_out.since': 1 },
    projection: { _out: 1, _w: 1, _created: 1 },
    limit,
    singleBatch: true,
    readConcern: { level: 'majority' },
    maxTimeMS: timeoutMs,
  }
  const reply = await bounds.run(timeoutMs, (signal) => db.command(command, { signal }))
  return reply.cursor.firstBatch
}
