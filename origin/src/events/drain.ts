import { setTimeout as sleep } from 'node:timers/promises'
import type { Resource } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import { type Lease, LeaseSeeker, type LeaseTimes } from '../jobs/lease.ts'
import { ChangeLog, type Entry, Overtaken } from '../store/change-log.ts'
import type { CommandBounds } from '../store/command-bounds.ts'
import { reasonOf } from '../store/database-error.ts'
import { HistoryLog, type HistoryRecord, historyRecords } from '../store/history-log.ts'
import { oldestPending, type Pending, PendingEvents } from './pending-events.ts'

/**
 * Moves events from the documents whose writes they tell of to the log of changes. One process does it at a time, under
 * a lease; the others check whether it does.
 *
 * Each pass reads documents with events, appends these to the history and the log, and then removes them from the
 * documents, unless a document has been written since. A process that is killed between two of these steps leaves
 * events that are in the log already, which the log refuses by their ids. So every event is in the log once, after
 * those of earlier writes of its document.
 */

export interface DrainOptions {
  readonly db: Db
  readonly bounds: CommandBounds
  /** Resources with events or a history. */
  readonly resources: readonly Resource[]
  /** Whether the indexes are built that the drain reads by. */
  readonly isReady: (collection: string) => boolean
  /** Whether other work should go first. */
  readonly isBusy: () => boolean
  /** Name of this process, unique among all. */
  readonly holder: string
  readonly observe: (observation: DrainObservation) => void
  readonly times?: DrainTimes
}

export type DrainObservation =
  | { readonly kind: 'began' }
  | { readonly kind: 'failed'; readonly reason: string }

export interface DrainTimes extends LeaseTimes {
  /** Time between two passes when there are no events, in ms. @default 250 */
  readonly idleMs: number
  /** Longest time that a pass waits for other work, in ms. @default 1 000 */
  readonly patienceMs: number
  /** Age of an event from which passes wait for nothing, in ms. @default 60 000 */
  readonly lateMs: number
  /** Polling interval of a process that does not drain, in ms. @default 2 000 */
  readonly pollMs: number
  /** Time between two passes that look for events of any age, in ms. @default 2 000 */
  readonly wholeMs: number
}

export const drainTimes: DrainTimes = {
  beatMs: 2_000,
  silenceMs: 10_000,
  idleMs: 250,
  patienceMs: 1_000,
  lateMs: 60_000,
  pollMs: 2_000,
  wholeMs: 2_000,
}

/** Name of the lease. */
export const drainLease = 'events'

/** Time for which the log keeps an event that nobody follows: it tells which events of a document are drained. */
const unreadMs = 3_600_000

/** State of the drain, as stored with its lease. */
interface DrainNote {
  /** No position up to this one is given again, even when every entry has expired. */
  readonly reserved: number
}

/** Positions that are reserved at a time: one write to the lease for so many events. */
const reservedAtOnce = 100_000

/** Interval at which the last entry is kept from expiring, in ms. */
const keepEveryMs = 3_600_000

export class EventDrain {
  readonly log: ChangeLog
  readonly #history: HistoryLog
  readonly #options: DrainOptions
  readonly #times: DrainTimes
  readonly #seeker: LeaseSeeker<DrainNote>
  readonly #keepMs: number
  #lagMs = 0
  #moved = 0

  constructor(options: DrainOptions) {
    const { db, bounds, holder, times = drainTimes, resources } = options
    this.#options = options
    this.#times = times
    this.#seeker = new LeaseSeeker({ db, name: drainLease, holder, times, now: () => performance.now() })
    this.#keepMs = Math.max(...resources.map(({ events }) => events?.keepMs ?? unreadMs))
    this.log = new ChangeLog(db, bounds)
    this.#history = new HistoryLog(db, bounds)
  }

  /** Age of the oldest event that is not in the log, in ms, when it was last measured. */
  get lagMs(): number {
    return this.#lagMs
  }

  /** Events that this process has appended since its start. */
  get moved(): number {
    return this.#moved
  }

  /** Drains, or waits for who drains, until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const { resources, isReady } = this.#options
        // Nothing is drained from another application's database: the lease would be the first thing written into it.
        const isAnyReady = resources.some(({ name }) => isReady(name))
        const lease = isAnyReady ? await this.#seeker.tryTake() : undefined
        if (lease === undefined) await this.#checkHolder()
        else await this.#hold(lease, signal)
      } catch (error) {
        if (!signal.aborted) this.#options.observe({ kind: 'failed', reason: reasonOf(error) })
      }
      await sleep(this.#times.pollMs, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  async #hold(lease: Lease<DrainNote>, signal: AbortSignal): Promise<void> {
    const { db, bounds, resources, isReady, observe } = this.#options
    observe({ kind: 'began' })
    const source = { db, bounds, now: () => performance.now(), wholeMs: this.#times.wholeMs }
    const sources = resources.map(
      (resource) => [resource, new PendingEvents({ ...source, collection: resource.name })] as const,
    )
    try {
      const { note } = (await this.#seeker.look()) ?? {}
      let reserved = note?.reserved ?? 0
      let position = ((await this.log.last())?._id ?? reserved) + 1
      let keptAtMs = Number.NEGATIVE_INFINITY
      while (lease.isHeld && !signal.aborted) {
        if (position > 1 && performance.now() - keptAtMs > keepEveryMs) {
          await this.log.keepLast(position - 1, this.#keepMs)
          keptAtMs = performance.now()
        }
        const found: { readonly source: PendingEvents; readonly pending: readonly Pending[] }[] = []
        const entries: Entry[] = []
        const records: HistoryRecord[] = []
        for (const [resource, source] of sources) {
          if (!isReady(resource.name)) continue
          const pending = await source.next()
          found.push({ source, pending })
          for (const one of pending) {
            entries.push(...entriesOf(resource.name, one))
            records.push(...historyRecords(resource, one))
          }
        }
        this.#note(found.map(({ pending }) => pending))
        if (entries.length === 0) {
          await sleep(this.#times.idleMs, undefined, { signal, ref: false })
          continue
        }
        if (position + entries.length > reserved) {
          reserved = position + entries.length + reservedAtOnce
          await lease.note({ reserved })
        }
        if (!lease.isHeld) return
        // Before the log: what is in the log is never read again.
        await this.#history.append(records)
        try {
          const next = await this.log.append(entries, position, this.#keepMs)
          this.#moved += next - position
          position = next
        } catch (error) {
          if (!(error instanceof Overtaken)) throw error
          await sleep(20, undefined, { signal, ref: false })
          position = ((await this.log.last())?._id ?? reserved) + 1
          continue
        }
        for (const { source, pending } of found) if (pending.length > 0) await source.clear(pending)
        await this.#giveWay(signal)
      }
    } finally {
      // A lease that is not released is taken when its holder is silent.
      await lease.release().catch(() => {})
    }
  }

  async #checkHolder(): Promise<void> {
    const { db, bounds, resources, isReady } = this.#options
    const oldest = []
    for (const { name } of resources)
      if (isReady(name)) oldest.push(await oldestPending({ db, bounds, collection: name }, 1))
    this.#note(oldest)
  }

  #note(found: readonly (readonly Pending[])[]): void {
    const since = found.map(([first]) => first?._out?.since ?? Number.POSITIVE_INFINITY)
    this.#lagMs = Math.max(0, Date.now() - Math.min(...since, Number.POSITIVE_INFINITY))
  }

  /** Waits for more important work, for a bounded time and unless events are late. */
  async #giveWay(signal: AbortSignal): Promise<void> {
    const { patienceMs, lateMs } = this.#times
    const untilMs = performance.now() + patienceMs
    while (this.#lagMs < lateMs && this.#options.isBusy() && performance.now() < untilMs) {
      await sleep(50, undefined, { signal, ref: false })
    }
  }
}

const entriesOf = (resource: string, { _id, _out }: Pending): readonly Entry[] =>
  (_out?.events ?? []).map(({ id, audit: _ofHistory, ...event }) => ({
    event: id,
    resource,
    document: _id,
    ...event,
  }))
