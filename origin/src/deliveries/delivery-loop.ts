import { setTimeout as sleep } from 'node:timers/promises'
import type { Change, ChangeLog } from '../store/change-log.ts'
import {
  type DeliveryRecord,
  type DeliveryStore,
  deliveryKeepMs,
  type SubscriberRecord,
} from '../store/delivery-store.ts'
import type { Totals } from './delivery-totals.ts'
import { retryDelayMs } from './retry-delay.ts'
import type { DeliveryObservation, Failure, Subscriber } from './subscriber.ts'

export interface DeliveryTimes {
  /** Polling interval when there are no events, in ms. @default 250 */
  readonly idleMs: number
  /** Time between two writes of the position, in ms: so much is repeated after a crash. @default 1 000 */
  readonly saveMs: number
  /** Polling interval for events that an operator wants to be tried again, in ms. @default 2 000 */
  readonly reloadMs: number
  /** Longest time that an event waits for more important work, in ms. @default 1 000 */
  readonly patienceMs: number
  /** Time for what is being delivered when the process stops, in ms. @default 5 000 */
  readonly graceMs: number
}

export const deliveryTimes: DeliveryTimes = {
  idleMs: 250,
  saveMs: 1_000,
  reloadMs: 2_000,
  patienceMs: 1_000,
  graceMs: 5_000,
}

export interface DeliveryLoopOptions {
  readonly subscriber: Subscriber
  readonly log: ChangeLog
  readonly store: DeliveryStore
  /** Whether no other process can deliver to this subscriber. */
  readonly isHeld: () => boolean
  /** Whether other work should go first. */
  readonly isBusy: () => boolean
  readonly totals: Totals
  readonly observe: (observation: DeliveryObservation) => void
  readonly times?: DeliveryTimes
  /** Milliseconds since the epoch. @default Date.now */
  readonly clock?: () => number
}

/** Events that were read and neither delivered nor put aside. */
const windowMax = 256

/** Events put aside. With more, nothing new is read: then the subscriber takes nothing, and the log keeps the rest. */
const asideMax = 1_000

interface Job {
  readonly change: Change
  attempts: number
  nextAtMs: number
  /** Whether it is stored in `_deliveries`. */
  isAside: boolean
  replays: number
}

/**
 * Delivers events to one subscriber, those of one document in order, those of different documents side by side. An
 * event that fails is put aside with all later ones of its document, so that the others go on: it is tried again, and
 * after the last attempt it is given up and the next one of its document follows.
 */
export class DeliveryLoop {
  readonly #options: DeliveryLoopOptions
  readonly #times: DeliveryTimes
  readonly #clock: () => number
  /** Jobs of each document, in order. */
  readonly #chains = new Map<string, Job[]>()
  /** Documents whose first job can begin. */
  readonly #ready = new Set<string>()
  /** Documents whose jobs are running. */
  readonly #active = new Map<string, Promise<void>>()
  /** Positions in the window. They are added in order. */
  readonly #window = new Set<number>()
  /** Jobs set aside that have ended since the stored ones were last read. */
  readonly #ended = new Set<string>()
  #aside = 0
  #readTo = 0
  #error: { readonly cause: unknown } | undefined
  #isEnding = false
  #wake: () => void = () => {}

  constructor(options: DeliveryLoopOptions) {
    this.#options = options
    this.#times = options.times ?? deliveryTimes
    this.#clock = options.clock ?? Date.now
  }

  /**
   * Delivers until the signal is aborted, the subscriber belongs to another process, or its position was moved.
   *
   * @throws the database's errors
   */
  async run(signal: AbortSignal): Promise<void> {
    const { subscriber, log, store, isHeld, observe } = this.#options
    const claimed = await store.claim(subscriber.name, subscriber.from ?? (await log.last())?._id ?? 0)
    this.#readTo = claimed.position
    const [next] = await log.allAfter(claimed.position, 1)
    if (next !== undefined && next._id > claimed.position + 1)
      observe({ kind: 'missed', subscriber: subscriber.name, after: claimed.position, next: next._id })
    const ending = new AbortController()
    const end = (): void => ending.abort()
    signal.addEventListener('abort', end)
    try {
      await this.#deliver(claimed, ending.signal, () => isHeld() && !signal.aborted)
    } finally {
      signal.removeEventListener('abort', end)
      this.#isEnding = true
      ending.abort()
      const active = Promise.allSettled(this.#active.values())
      await Promise.race([active, sleep(this.#times.graceMs, undefined, { ref: false })])
      if (isHeld()) await store.save(claimed, this.#floor).catch(() => {})
      this.#options.totals.waiting = 0
    }
  }

  async #deliver(claimed: SubscriberRecord, ending: AbortSignal, goesOn: () => boolean): Promise<void> {
    const { store, isBusy, totals } = this.#options
    const { idleMs, saveMs, reloadMs, patienceMs } = this.#times
    let saved = { position: claimed.position, atMs: performance.now() }
    let readAtMs = Number.NEGATIVE_INFINITY
    let reloadedAtMs = Number.NEGATIVE_INFINITY
    let dueAtMs = Number.NEGATIVE_INFINITY
    let isBehind = true
    while (goesOn() && !this.#isEnding) {
      if (this.#error !== undefined) throw this.#error.cause
      const nowMs = performance.now()
      if (nowMs - reloadedAtMs >= reloadMs) {
        if (!(await store.isHeld(claimed))) return
        await this.#reload()
        reloadedAtMs = nowMs
      }
      const waits = isBusy() && nowMs - readAtMs < patienceMs
      const hasRoom = this.#window.size <= windowMax / 2 && this.#aside < asideMax
      if (hasRoom && !waits && (isBehind || nowMs - readAtMs >= idleMs)) {
        isBehind = await this.#read()
        readAtMs = nowMs
      }
      if (nowMs - dueAtMs >= Math.min(idleMs, 50)) {
        this.#findDue()
        dueAtMs = nowMs
      }
      this.#start(ending)
      // Moves on while it is saved: what is saved is what was read here.
      const floor = this.#floor
      if (floor > saved.position && (this.#window.size === 0 || nowMs - saved.atMs >= saveMs)) {
        if (!(await store.save(claimed, floor))) return
        saved = { position: floor, atMs: nowMs }
      }
      totals.waiting = this.#aside
      if (isBehind && hasRoom && !waits) continue
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      const idle = new AbortController()
      await Promise.race([promise, sleep(idleMs, undefined, { signal: idle.signal }).catch(() => {})])
      idle.abort()
    }
  }

  /** Everything up to here is delivered or aside. */
  get #floor(): number {
    const [first] = this.#window
    return first === undefined ? this.#readTo : first - 1
  }

  /** @returns whether there may be more to read */
  async #read(): Promise<boolean> {
    const { subscriber, log } = this.#options
    const { resource } = subscriber
    const changes = await (resource === undefined
      ? log.allAfter(this.#readTo, windowMax / 2)
      : log.after(resource, this.#readTo, windowMax / 2))
    for (const change of changes) {
      if (subscriber.wants(change)) {
        this.#window.add(change._id)
        this.#add({ change, attempts: 0, nextAtMs: 0, isAside: false, replays: 0 })
      }
      this.#readTo = change._id
    }
    return changes.length === windowMax / 2
  }

  /** Reads what is aside: at first all of it, later what an operator wants to be tried again. */
  async #reload(): Promise<void> {
    const { subscriber, store } = this.#options
    this.#ended.clear()
    const stored = await store.list(subscriber.name, 'waiting', asideMax + windowMax)
    for (const { _id, change, attempts, nextAtMs, replays = 0 } of stored) {
      if (this.#ended.has(_id)) continue
      const known = this.#chains.get(documentOf(change))?.find((job) => job.change._id === change._id)
      if (known === undefined) {
        this.#aside += 1
        this.#add({ change, attempts, nextAtMs, isAside: true, replays })
      } else if (replays > known.replays) {
        // The rest of the record may be older than what this process has done since.
        Object.assign(known, { attempts: 0, nextAtMs: 0, replays })
        this.#ready.add(documentOf(change))
      }
    }
  }

  #add(job: Job): void {
    const document = documentOf(job.change)
    const chain = this.#chains.get(document) ?? []
    this.#chains.set(document, chain)
    const place = chain.findLastIndex(({ change }) => change._id < job.change._id) + 1
    // The first job of an active document is being delivered: one from before it, which was given up, comes next.
    chain.splice(this.#active.has(document) ? Math.max(1, place) : place, 0, job)
    this.#ready.add(document)
  }

  /** Finds documents whose first job has waited long enough. */
  #findDue(): void {
    const nowMs = this.#clock()
    for (const [document, [first]] of this.#chains) {
      if (first !== undefined && first.nextAtMs > 0 && first.nextAtMs <= nowMs) this.#ready.add(document)
    }
  }

  #start(signal: AbortSignal): void {
    for (const document of this.#ready) {
      if (this.#active.size >= this.#options.subscriber.concurrency) return
      if (this.#active.has(document)) continue
      this.#ready.delete(document)
      const work = this.#runChain(document, signal)
        .catch((cause: unknown) => {
          this.#error ??= { cause }
        })
        .finally(() => {
          this.#active.delete(document)
          this.#wake()
        })
      this.#active.set(document, work)
    }
  }

  async #runChain(document: string, signal: AbortSignal): Promise<void> {
    const { subscriber, isHeld, totals } = this.#options
    const chain = this.#chains.get(document) ?? []
    for (;;) {
      const [job] = chain
      if (job === undefined) break
      if (this.#isEnding || signal.aborted || !isHeld()) return
      if (job.nextAtMs > this.#clock()) {
        for (const one of [...chain]) if (!one.isAside) await this.#putAside(one)
        return
      }
      const failure = await subscriber.deliver(job.change, { attempt: job.attempts + 1, signal })
      if (signal.aborted && failure !== undefined) return
      if (failure?.ends === true) {
        this.#isEnding = true
        return
      }
      if (failure === undefined) {
        totals.delivered += 1
        await this.#end(chain, job)
      } else await this.#failed(chain, job, failure)
    }
    if (chain.length === 0) this.#chains.delete(document)
  }

  async #failed(chain: Job[], job: Job, { reason, notBeforeMs = 0 }: Failure): Promise<void> {
    const { subscriber, observe, totals, store } = this.#options
    job.attempts += 1
    totals.failed += 1
    const delayMs = retryDelayMs(subscriber.delaysMs, job.attempts, Math.random())
    const kind = delayMs === undefined ? 'dead' : 'failed'
    const { event, document } = job.change
    observe({ kind, subscriber: subscriber.name, event, document, attempt: job.attempts, reason })
    if (delayMs === undefined) {
      totals.dead += 1
      await store.put(this.#recordOf(job, 'dead', reason))
      await this.#end(chain, job, false)
      return
    }
    job.nextAtMs = this.#clock() + Math.max(delayMs, notBeforeMs)
    await this.#putAside(job, reason)
  }

  async #putAside(job: Job, reason?: string): Promise<void> {
    await this.#options.store.put(this.#recordOf(job, 'waiting', reason))
    if (!job.isAside) this.#aside += 1
    job.isAside = true
    this.#window.delete(job.change._id)
  }

  async #end(chain: Job[], job: Job, removes = true): Promise<void> {
    const id = this.#idOf(job)
    if (job.isAside) {
      this.#ended.add(id)
      if (removes) await this.#options.store.remove(id)
      this.#aside -= 1
    }
    chain.splice(chain.indexOf(job), 1)
    this.#window.delete(job.change._id)
  }

  #idOf({ change }: Job): string {
    return `${this.#options.subscriber.name} ${change._id}`
  }

  #recordOf(job: Job, state: DeliveryRecord['state'], reason: string | undefined) {
    const { change, attempts, nextAtMs } = job
    return {
      _id: this.#idOf(job),
      subscriber: this.#options.subscriber.name,
      position: change._id,
      change,
      ...{ state, attempts, nextAtMs },
      ...(reason !== undefined && { reason: reason.slice(0, 500) }),
      _expires: new Date(Math.max(this.#clock(), nextAtMs) + deliveryKeepMs),
    }
  }
}

const documentOf = ({ resource, document }: Change): string => `${resource}/${document}`
