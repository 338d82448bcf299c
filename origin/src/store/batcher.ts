import type { Priority } from '@spillway/origin/contract'
import { priorityShares } from '../lib/priority-shares.ts'
import { type BatchItem, Item, lateness, rankOf, type Submission, type Waiting } from './batch-item.ts'
import { BatchTime } from './batch-time.ts'
import { WaitingItems } from './waiting-items.ts'

/**
 * A group commit timer (Helland et al., "Group Commit Timers and High Volume Transaction Systems", HPTS 1987), like
 * PostgreSQL's `commit_delay` and `commit_siblings`.
 */
export interface Gathering {
  /**
   * Maximum delay of the next batch, in ms: it leaves earlier, once as many items wait as had waited and were answered.
   */
  readonly delayMs: number
  /** Minimum size of a completed batch that delays the next one: after a small batch there is no delay. */
  readonly siblingsMin: number
}

export interface BatcherOptions<Value, Outcome> {
  /** Maximum items per batch. */
  readonly itemsMax: number
  /** Maximum bytes per batch; a larger item is sent alone. */
  readonly bytesMax: number
  /** Maximum batches in flight. */
  readonly inflightMax: number
  /** Waiting items that send a further batch beside those in flight; with 1, at once. */
  readonly overlapItems: number
  /**
   * Wait of the oldest item behind batches in flight before a further batch is sent, in ms; longer, up to
   * `patienceMaxMs`, where recent batches took longer.
   */
  readonly patienceMs: number
  /** @default `patienceMs` */
  readonly patienceMaxMs?: number
  /**
   * Share of the time left to an item that it may be expected to take, by priority. An item beyond it is refused as
   * `crowded` at once, where it would otherwise be late after a long wait. Only items that go before it count, so less
   * important ones never cause the refusal of a more important one. @default every item may wait
   */
  readonly expectedShareMax?: Readonly<Record<Priority, number>>
  /** @default a batch is sent as soon as the previous one completes */
  readonly gathering?: Gathering
  /** Maximum waiting callers; the next one is refused as `busy`. Less important ones may use only a share of it. */
  readonly waitingMax: number
  /** Treatment of equal keys: `join` shares one waiting item; `queue` never has two items of a key in flight. */
  readonly equalKeys: 'join' | 'queue' | 'joinAndQueue'
  /**
   * Whether a further batch may be sent, for a limit shared with other batchers. Call `offer` when that changes.
   * @default always
   */
  readonly hasRoom?: () => boolean
  /** Sends a batch. Settles each item as soon as its outcome is known; resolves when the next batch may be sent. */
  readonly execute: (batch: readonly BatchItem<Value, Outcome>[]) => Promise<void>
  /**
   * Called with the callers of a batch when it is sent, for tracing; they may be read more than once. @returns called
   * when the batch has ended, with the error of a defect. @default none
   */
  readonly onSend?: ((callers: Iterable<Waiting>) => ((error?: unknown) => void) | undefined) | undefined
  /** Outcome of a caller who was dropped before its item was sent. */
  readonly refused: (reason: RefusalReason) => Outcome
  /**
   * Outcome of a caller whose deadline passes, or who leaves, while its item is in flight. `undefined`: it keeps
   * waiting.
   */
  readonly overtaken: (value: Value, reason: 'deadline' | 'aborted') => Outcome | undefined
  /**
   * Outcome of a waiting item that has become pointless (`since`: start of the wait, in ms of the clock). `undefined`:
   * it keeps waiting. @default never
   */
  readonly precluded?: (value: Value, since: number) => Outcome | undefined
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Calls back at the end of the current turn of the event loop, like `setImmediate`. */
  readonly atTurnEnd: (run: () => void) => void
  /** Calls back after a time, like `setTimeout`. */
  readonly after: (run: () => void, delayMs: number) => void
  /** Called when `tick` becomes necessary. */
  readonly onActive: () => void
}

export type RefusalReason = 'busy' | 'crowded' | 'deadline' | 'aborted'

/** Totals since the start, for metrics. */
export interface BatcherCounts {
  readonly batches: number
  readonly items: number
  /** Callers accepted. */
  readonly callers: number
  /** Callers who joined the item of another caller. */
  readonly joined: number
  readonly refused: Readonly<Record<RefusalReason, number>>
}

/**
 * Batches work that arrives while earlier work is in flight: the load decides the size of a batch, and no item waits
 * for one to fill. The rule is that of Nagle's algorithm (RFC 896) and of group commit (DeWitt et al., SIGMOD 1984):
 *
 * - With nothing in flight, an item is sent at the end of the current turn of the event loop, together with others that
 *   arrived in that turn.
 * - Otherwise it waits, and is sent with all waiting items at the end of the turn in which a batch completes. perf:
 *   until then further callers arrive, whose requests wait in their sockets (decision 59).
 * - A further batch is sent beside those in flight, at the end of a turn as well, when enough items wait to be worth a
 *   round trip, or when the oldest has waited longer than a healthy round trip takes: one slow batch must not delay the
 *   others. Healthy is measured: while every batch is slow, the database is the bottleneck, and further small batches
 *   would only take its time (decision 58).
 * - If the cost of a batch hardly depends on its size, a large completed batch delays the next one for a moment, so
 *   that its callers can return ({@link Gathering}). Otherwise callers who each wait for their answer split into two
 *   halves that alternate, and every batch has half of its possible size.
 *
 * Critical items go before normal ones, and those before background ones. An item is as important as the most important
 * of its callers, and as an item behind it with the same key.
 *
 * Equal keys either join (reads: one item, many callers) or queue (writes: never two of a key in flight, which keeps
 * their order per document). No caller joins an item in flight: it may have read the database before the caller's own
 * earlier write.
 *
 * Deadlines and aborts have no timers: the owner calls `tick` regularly while `isActive`, and they are noticed then.
 */
export class Batcher<Value, Outcome> {
  readonly #options: BatcherOptions<Value, Outcome>
  readonly #joins: boolean
  readonly #queues: boolean
  readonly #waiting = new WaitingItems<Item<Value, Outcome>>()
  #waitingCallers = 0
  readonly #waitingByKey = new Map<string, Item<Value, Outcome>>()
  readonly #inflight = new Set<Item<Value, Outcome>>()
  readonly #inflightKeys = new Set<string>()
  #inflightBatches = 0
  readonly #batchTime = new BatchTime()
  /** Time since which the next batch lacks nothing but room; `undefined` if it does not. */
  #wantsRoomSince: number | undefined
  /** Whether a callback at the end of this turn is pending. */
  #isTurnOpen = false
  /** Items that end the delay of the next batch. */
  #gathering: { readonly itemsWanted: number } | undefined
  readonly #counts = {
    batches: 0,
    items: 0,
    callers: 0,
    joined: 0,
    refused: { busy: 0, crowded: 0, deadline: 0, aborted: 0 },
  }

  constructor(options: BatcherOptions<Value, Outcome>) {
    this.#options = options
    this.#joins = options.equalKeys !== 'queue'
    this.#queues = options.equalKeys !== 'join'
  }

  get counts(): BatcherCounts {
    return this.#counts
  }

  /** Whether any item waits or is in flight. */
  get isActive(): boolean {
    return this.#waiting.length > 0 || this.#inflight.size > 0
  }

  get waiting(): number {
    return this.#waitingCallers
  }

  /** Rank of the most important waiting item; infinite without one. */
  get firstRank(): number {
    return this.#waiting.firstRank
  }

  submit(submission: Submission<Value>, waiting: Waiting): Promise<Outcome> {
    const { deadline, signal, priority } = waiting
    const rank = rankOf(waiting)
    const now = this.#options.now()
    const refusal =
      signal?.aborted === true
        ? 'aborted'
        : deadline <= now
          ? 'deadline'
          : this.#waitingCallers >= this.#options.waitingMax * priorityShares[priority ?? 'normal']
            ? 'busy'
            : undefined
    if (refusal !== undefined) return Promise.resolve(this.#refuse(refusal))
    const same = this.#joins ? this.#waitingByKey.get(submission.key) : undefined
    if (same === undefined && this.#isCrowded(rank, deadline - now))
      return Promise.resolve(this.#refuse('crowded'))
    this.#counts.callers += 1
    this.#waitingCallers += 1
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    const caller = { deadline, signal, priority, resolve, reject }
    if (same === undefined) {
      const item = new Item<Value, Outcome>(submission, now, caller, this.#settled)
      if (!this.#joins) this.#waiting.raiseKey(item.key, rank)
      this.#waiting.push(item)
      if (this.#joins) this.#waitingByKey.set(submission.key, item)
    } else {
      same.callers.push(caller)
      same.deadline = Math.max(same.deadline, deadline)
      this.#waiting.raise(same, rank)
      this.#counts.joined += 1
    }
    if (this.#inflightBatches === 0 || this.#isDueAt(now)) this.#departAtTurnEnd()
    this.#options.onActive()
    return promise
  }

  /** Sends the next batch at the end of the turn, if it may be sent then: room has become free. */
  offer(): void {
    if (this.#waiting.length > 0) this.#departAtTurnEnd()
  }

  /** Drops callers who are past their deadline or have left, and sends items that have waited too long. */
  tick(): void {
    const now = this.#options.now()
    for (const item of this.#inflight) {
      if (!item.hasLateCaller(now)) continue
      item.callers = item.callers.filter((caller) => {
        const reason = lateness(caller, now)
        const outcome = reason && this.#options.overtaken(item.value, reason)
        if (outcome !== undefined) caller.resolve(outcome)
        return outcome === undefined
      })
    }
    this.#waiting.retain((item) => this.#isWanted(item, now))
    if (this.#waiting.length === 0) this.#wantsRoomSince = undefined
    this.#depart(now)
  }

  #refuse(reason: RefusalReason): Outcome {
    this.#counts.refused[reason] += 1
    return this.#options.refused(reason)
  }

  /** Refuses callers that are late, and drops an item without callers. @returns whether the item still has callers */
  #isWanted(item: Item<Value, Outcome>, now: number): boolean {
    if (!item.hasLateCaller(now)) return true
    item.callers = item.callers.filter((caller) => {
      const reason = lateness(caller, now)
      if (reason === undefined) return true
      this.#waitingCallers -= 1
      caller.resolve(this.#refuse(reason))
      return false
    })
    if (item.callers.length > 0) return true
    this.#waitingByKey.delete(item.key)
    return false
  }

  /** Waits for the end of the turn: requests arrive in bursts, since the edge's event loop sends them so. */
  #departAtTurnEnd(): void {
    if (this.#isTurnOpen) return
    this.#isTurnOpen = true
    this.#options.atTurnEnd(this.#turnEnded)
  }

  readonly #turnEnded = (): void => {
    this.#isTurnOpen = false
    this.#depart(this.#options.now())
  }

  /** @param answered number of items in the completed batch */
  #gather(answered: number): void {
    const { gathering, after, itemsMax, now } = this.#options
    if (gathering === undefined || answered < gathering.siblingsMin || this.#inflightBatches > 0) return
    const held = { itemsWanted: Math.min(itemsMax, this.#waiting.length + answered) }
    this.#gathering = held
    after(() => {
      if (this.#gathering !== held) return
      this.#gathering = undefined
      this.#depart(now())
    }, gathering.delayMs)
  }

  /** Whether a new item would take too much of its time. A lane with room takes any item. */
  #isCrowded(rank: number, leftMs: number): boolean {
    const hasRoom = this.#inflightBatches < this.#options.inflightMax && this.#wantsRoomSince === undefined
    return !hasRoom && this.#batchTime.isCrowded(this.#options, this.#waiting, rank, leftMs)
  }

  /** Whether the next batch lacks nothing but room. */
  get isDue(): boolean {
    return this.#isDueAt(this.#options.now())
  }

  #isDueAt(now: number): boolean {
    if (this.#waiting.length === 0 || this.#inflightBatches >= this.#options.inflightMax) return false
    if (this.#gathering !== undefined && this.#waiting.length < this.#gathering.itemsWanted) return false
    return (
      this.#inflightBatches === 0 ||
      this.#waiting.length >= this.#options.overlapItems ||
      now - this.#waiting.oldestSince >= this.#batchTime.patienceMs(this.#options)
    )
  }

  #mayDepart(now: number): boolean {
    if (!this.#isDueAt(now)) return false
    if (this.#options.hasRoom?.() !== false) return true
    this.#wantsRoomSince ??= now
    return false
  }

  #depart(now: number): void {
    while (this.#mayDepart(now)) {
      const since = this.#wantsRoomSince ?? now
      this.#wantsRoomSince = undefined
      const batch = this.#takeBatch(now)
      if (batch.length === 0) return
      this.#send(batch, since)
    }
  }

  #takeBatch(now: number): Item<Value, Outcome>[] {
    const { itemsMax, bytesMax } = this.#options
    const batch: Item<Value, Outcome>[] = []
    let bytes = 0
    this.#waiting.retain((item) => {
      if (this.#isPrecluded(item)) return false
      const isFull = batch.length >= itemsMax || (batch.length > 0 && bytes + item.bytes > bytesMax)
      // If one item does not fit, all items behind it wait, too: otherwise small items would overtake large ones for
      // ever.
      if (isFull) bytes = Number.POSITIVE_INFINITY
      if (isFull || (this.#queues && this.#inflightKeys.has(item.key))) return true
      if (!this.#isWanted(item, now)) return false
      batch.push(item)
      bytes += item.bytes
      this.#forget(item)
      this.#inflight.add(item)
      if (this.#queues) this.#inflightKeys.add(item.key)
      return false
    })
    return batch
  }

  #isPrecluded(item: Item<Value, Outcome>): boolean {
    const outcome = this.#options.precluded?.(item.value, item.since)
    if (outcome === undefined) return false
    this.#forget(item)
    for (const caller of item.callers) caller.resolve(outcome)
    return true
  }

  /** Removes an item from the waiting ones. */
  #forget(item: Item<Value, Outcome>): void {
    this.#waitingCallers -= item.callers.length
    this.#waitingByKey.delete(item.key)
  }

  #send(batch: readonly Item<Value, Outcome>[], since: number): void {
    this.#gathering = undefined
    this.#inflightBatches += 1
    this.#counts.batches += 1
    this.#counts.items += batch.length
    const { execute, onSend, now } = this.#options
    const onEnd = onSend?.(callersOf(batch))
    const ended = (reason: () => unknown, error?: unknown): void => {
      onEnd?.(error)
      this.#batchTime.observe(now() - since)
      for (const item of batch) if (!item.isSettled) item.fail(reason())
      this.#inflightBatches -= 1
      this.#gather(batch.length)
      if (this.#waiting.length > 0) this.#departAtTurnEnd()
    }
    execute(batch).then(
      // perf: the error is created only when needed, because its stack trace costs as much as the rest of a small
      // batch.
      () => ended(() => new Error('an item came back without an outcome')),
      (error: unknown) => ended(() => error, error),
    )
  }

  readonly #settled = (item: Item<Value, Outcome>): void => {
    this.#inflight.delete(item)
    if (!this.#queues) return
    this.#inflightKeys.delete(item.key)
    if (this.#waiting.length > 0) this.#departAtTurnEnd()
  }
}

/** Several watchers may read them. perf: one that has nobody to watch reads none. */
const callersOf = (batch: readonly { readonly callers: readonly Waiting[] }[]): Iterable<Waiting> => ({
  *[Symbol.iterator]() {
    for (const { callers } of batch) yield* callers
  },
})
