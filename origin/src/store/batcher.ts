/**
 * A group commit timer (Helland et al., "Group Commit Timers and High Volume Transaction Systems", HPTS 1987); PostgreSQL
 * has it as `commit_delay` and `commit_siblings`.
 */
export interface Gathering {
  /** How long the next batch waits, in ms: until as many have come as waited already and were answered just now. */
  readonly delayMs: number
  /** Items of the batch that came back from which on the next one waits: those who are few are not held up. */
  readonly siblingsMin: number
}

export interface BatcherOptions<Value, Outcome> {
  /** Items in one batch. */
  readonly itemsMax: number
  /** Sum of the items' bytes in one batch; an item above it leaves alone. */
  readonly bytesMax: number
  /** Batches in flight. */
  readonly inflightMax: number
  /** Items waiting from which a further batch leaves beside those in flight. 1: at once. */
  readonly overlapItems: number
  /** How long the oldest item may wait behind batches in flight before a further one leaves, in ms. */
  readonly patienceMs: number
  /** @default a batch leaves as soon as the one before it is back */
  readonly gathering?: Gathering
  /** Callers who may wait; one more is refused as `busy`. */
  readonly waitingMax: number
  /** Equal keys: `join` shares one item among those who wait; `queue` never has two of a key in flight. */
  readonly equalKeys: 'join' | 'queue' | 'joinAndQueue'
  /** Whether one more may leave, where something is shared with others; `tick` when that changes. @default always */
  readonly hasRoom?: () => boolean
  /** Sends a batch. Settles each item as soon as its outcome is known; resolves when the next batch may leave. */
  readonly execute: (batch: readonly BatchItem<Value, Outcome>[]) => Promise<void>
  /** Outcome of a caller who was dropped before their item left. */
  readonly refused: (reason: RefusalReason) => Outcome
  /** Outcome of a caller whose deadline passes, or who leaves, while the item is in flight. `undefined`: they wait on. */
  readonly overtaken: (value: Value, reason: 'deadline' | 'aborted') => Outcome | undefined
  /**
   * Outcome of an item that has become pointless while it waited (`since` when, in ms of the clock). `undefined`: it goes
   * on waiting. @default none ever does
   */
  readonly precluded?: (value: Value, since: number) => Outcome | undefined
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Calls back when what came in this turn of the event loop is all here, as `setImmediate` does. */
  readonly atTurnEnd: (run: () => void) => void
  /** Calls back after a time, as `setTimeout` does. */
  readonly after: (run: () => void, delayMs: number) => void
  /** Called when there is something to tick for. */
  readonly onActive: () => void
}

export type RefusalReason = 'busy' | 'deadline' | 'aborted'

export interface BatchItem<Value, Outcome> {
  readonly value: Value
  /** The latest deadline among its callers, in ms of the clock: until then the outcome is worth something. */
  readonly deadline: number
  readonly isSettled: boolean
  /** The first outcome counts. */
  settle(outcome: Outcome): void
  /** For a programmer's error only: the callers' promises reject. Says nothing to those who have an outcome. */
  fail(error: unknown): void
}

/** Totals since the start, for metrics. */
export interface BatcherCounts {
  readonly batches: number
  readonly items: number
  /** Callers that were let in. */
  readonly callers: number
  /** Callers who shared an item that somebody else had asked for. */
  readonly joined: number
  readonly refused: Readonly<Record<RefusalReason, number>>
}

/** Says whether a caller has left; an `AbortSignal` is one. Polled, since a listener for each call would cost more. */
export interface Departure {
  readonly aborted: boolean
}

/** One item of work. Callers who submit the same key while it waits share its outcome. */
export interface Submission<Value> {
  readonly key: string
  readonly value: Value
  /** What the item adds to a batch. */
  readonly bytes: number
}

interface Waiting {
  /** In ms of the clock. */
  readonly deadline: number
  readonly signal?: Departure | undefined
}

interface Caller<Outcome> extends Waiting {
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

/**
 * Joins what arrives while earlier work is in flight: the batch is as large as the load makes it, and nobody waits for
 * one to fill. The rule is that of Nagle's algorithm (RFC 896) and of group commit (DeWitt et al., SIGMOD 1984):
 *
 * - With nothing in flight, an item leaves at the end of the turn of the event loop that brought it, with what else came
 *   in that turn: at once, where it came alone.
 * - Otherwise it waits, and leaves with all who wait when a batch comes back.
 * - A further batch leaves beside those in flight when enough are waiting to make it worth a round trip, or when the
 *   oldest has waited longer than a healthy round trip takes: one slow batch must not hold up the others.
 * - Where a batch costs much whatever is in it, one that comes back with many holds up the next for a moment, in which
 *   those who were in it may return ({@link Gathering}). Without it, callers who each wait for their answer fall into
 *   two halves that take turns for good, and every batch is half of what it could be.
 *
 * Equal keys either join (reads: one item, many callers) or queue (writes: never two of a key in flight, so that order
 * per document holds). Nobody ever joins an item that has left: it may have read the database before the caller's own
 * earlier write was in it.
 *
 * Deadlines and aborts have no timers: the owner calls `tick` now and then while `isActive`, which is when they are seen.
 */
export class Batcher<Value, Outcome> {
  readonly #options: BatcherOptions<Value, Outcome>
  readonly #joins: boolean
  readonly #queues: boolean
  /** First in, first out. */
  #waiting: Item<Value, Outcome>[] = []
  #waitingCallers = 0
  readonly #waitingByKey = new Map<string, Item<Value, Outcome>>()
  readonly #inflight = new Set<Item<Value, Outcome>>()
  readonly #inflightKeys = new Set<string>()
  #inflightBatches = 0
  /** Whether the end of this turn is waited for. */
  #isTurnOpen = false
  /** Items for which the next batch is held up. */
  #gathering: { readonly itemsWanted: number } | undefined
  readonly #counts = {
    batches: 0,
    items: 0,
    callers: 0,
    joined: 0,
    refused: { busy: 0, deadline: 0, aborted: 0 },
  }

  constructor(options: BatcherOptions<Value, Outcome>) {
    this.#options = options
    this.#joins = options.equalKeys !== 'queue'
    this.#queues = options.equalKeys !== 'join'
  }

  get counts(): BatcherCounts {
    return this.#counts
  }

  /** Whether anything waits or is in flight. */
  get isActive(): boolean {
    return this.#waiting.length > 0 || this.#inflight.size > 0
  }

  get waiting(): number {
    return this.#waitingCallers
  }

  submit(submission: Submission<Value>, { deadline, signal }: Waiting): Promise<Outcome> {
    const now = this.#options.now()
    const refusal =
      signal?.aborted === true
        ? 'aborted'
        : deadline <= now
          ? 'deadline'
          : this.#waitingCallers >= this.#options.waitingMax
            ? 'busy'
            : undefined
    if (refusal !== undefined) return Promise.resolve(this.#refuse(refusal))
    this.#counts.callers += 1
    this.#waitingCallers += 1
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    const caller = { deadline, signal, resolve, reject }
    const same = this.#joins ? this.#waitingByKey.get(submission.key) : undefined
    if (same === undefined) {
      const item = new Item<Value, Outcome>(submission, now, caller, this.#settled)
      this.#waiting.push(item)
      if (this.#joins) this.#waitingByKey.set(submission.key, item)
    } else {
      same.callers.push(caller)
      same.deadline = Math.max(same.deadline, deadline)
      this.#counts.joined += 1
    }
    if (this.#inflightBatches > 0) this.#depart(now)
    else this.#departAtTurnEnd()
    this.#options.onActive()
    return promise
  }

  /** Drops those whose deadline has passed or who have left, and lets go what has waited too long. */
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
    this.#waiting = this.#waiting.filter((item) => this.#isWanted(item, now))
    this.#depart(now)
  }

  #refuse(reason: RefusalReason): Outcome {
    this.#counts.refused[reason] += 1
    return this.#options.refused(reason)
  }

  /** Refuses callers that are too late; an item that nobody waits for any more is forgotten. */
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

  /** Requests come in bursts, as the edge's event loop sends them: the first of one need not leave without the others. */
  #departAtTurnEnd(): void {
    if (this.#isTurnOpen) return
    this.#isTurnOpen = true
    this.#options.atTurnEnd(this.#turnEnded)
  }

  readonly #turnEnded = (): void => {
    this.#isTurnOpen = false
    this.#depart(this.#options.now())
  }

  /** @param answered items of the batch that has come back */
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

  #mayDepart(now: number): boolean {
    const oldest = this.#waiting[0]
    if (oldest === undefined || this.#inflightBatches >= this.#options.inflightMax) return false
    if (this.#options.hasRoom?.() === false) return false
    if (this.#gathering !== undefined && this.#waiting.length < this.#gathering.itemsWanted) return false
    return (
      this.#inflightBatches === 0 ||
      this.#waiting.length >= this.#options.overlapItems ||
      now - oldest.since >= this.#options.patienceMs
    )
  }

  #depart(now: number): void {
    while (this.#mayDepart(now)) {
      const batch = this.#takeBatch(now)
      if (batch.length === 0) return
      this.#send(batch)
    }
  }

  #takeBatch(now: number): Item<Value, Outcome>[] {
    const { itemsMax, bytesMax } = this.#options
    const batch: Item<Value, Outcome>[] = []
    const left: Item<Value, Outcome>[] = []
    let bytes = 0
    for (const item of this.#waiting) {
      if (this.#isPrecluded(item)) continue
      const isFull = batch.length >= itemsMax || (batch.length > 0 && bytes + item.bytes > bytesMax)
      if (isFull || (this.#queues && this.#inflightKeys.has(item.key))) {
        left.push(item)
        // Once one item had to stay for lack of room, all behind it stay: nobody is overtaken for being large.
        if (isFull) bytes = Number.POSITIVE_INFINITY
      } else if (this.#isWanted(item, now)) {
        batch.push(item)
        bytes += item.bytes
        this.#forget(item)
        this.#inflight.add(item)
        if (this.#queues) this.#inflightKeys.add(item.key)
      }
    }
    this.#waiting = left
    return batch
  }

  #isPrecluded(item: Item<Value, Outcome>): boolean {
    const outcome = this.#options.precluded?.(item.value, item.since)
    if (outcome === undefined) return false
    this.#forget(item)
    for (const caller of item.callers) caller.resolve(outcome)
    return true
  }

  /** An item stops waiting. */
  #forget(item: Item<Value, Outcome>): void {
    this.#waitingCallers -= item.callers.length
    this.#waitingByKey.delete(item.key)
  }

  #send(batch: readonly Item<Value, Outcome>[]): void {
    this.#gathering = undefined
    this.#inflightBatches += 1
    this.#counts.batches += 1
    this.#counts.items += batch.length
    const ended = (reason: () => unknown): void => {
      for (const item of batch) if (!item.isSettled) item.fail(reason())
      this.#inflightBatches -= 1
      this.#gather(batch.length)
      this.#depart(this.#options.now())
    }
    this.#options.execute(batch).then(
      // Made only where it is needed: an error takes down the stack, which costs as much as the rest of a lone batch.
      () => ended(() => new Error('an item came back without an outcome')),
      (error: unknown) => ended(() => error),
    )
  }

  readonly #settled = (item: Item<Value, Outcome>): void => {
    this.#inflight.delete(item)
    if (!this.#queues) return
    this.#inflightKeys.delete(item.key)
    if (this.#waiting.length > 0) this.#depart(this.#options.now())
  }
}

class Item<Value, Outcome> implements BatchItem<Value, Outcome> {
  readonly key: string
  readonly value: Value
  readonly bytes: number
  readonly since: number
  callers: Caller<Outcome>[]
  deadline: number
  readonly #onSettled: (item: Item<Value, Outcome>) => void
  isSettled = false

  constructor(
    { key, value, bytes }: Submission<Value>,
    since: number,
    caller: Caller<Outcome>,
    onSettled: (item: Item<Value, Outcome>) => void,
  ) {
    this.key = key
    this.value = value
    this.bytes = bytes
    this.since = since
    this.callers = [caller]
    this.deadline = caller.deadline
    this.#onSettled = onSettled
  }

  hasLateCaller(now: number): boolean {
    for (const caller of this.callers) if (lateness(caller, now) !== undefined) return true
    return false
  }

  settle(outcome: Outcome): void {
    if (this.isSettled) return
    this.isSettled = true
    for (const caller of this.callers) caller.resolve(outcome)
    this.#onSettled(this)
  }

  fail(error: unknown): void {
    if (this.isSettled) return
    this.isSettled = true
    for (const caller of this.callers) caller.reject(error)
    this.#onSettled(this)
  }
}

/** The deadline comes first: whoever has left may have to be waited for (see `overtaken`), and never longer than that. */
function lateness(
  { signal, deadline }: Pick<Caller<never>, 'signal' | 'deadline'>,
  now: number,
): 'deadline' | 'aborted' | undefined {
  if (deadline <= now) return 'deadline'
  return signal?.aborted === true ? 'aborted' : undefined
}
