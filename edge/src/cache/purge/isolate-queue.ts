import type { HandOver } from './purge-api.ts'

/**
 * Passes an isolate's tags to the zone-wide purge: the zone's queue (`purge-queue.ts`), or the zone's API without a
 * queue. The purge in this data centre has happened already, so this one may take a while, but not for ever.
 */
export interface IsolateQueueOptions {
  readonly handOver: (tags: readonly string[]) => Promise<HandOver>
  /** Maximum number of tags per call. */
  readonly batchMax: number
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** In [0, 1). @default Math.random */
  readonly random?: () => number
  /** Attempts per writer, including the first. @default 4 */
  readonly attemptsMax?: number
  /** Latest start of an attempt, after the first. @default 25_000, within the 30 s that waitUntil grants */
  readonly deadlineMs?: number
}

/** Why tags are still pending. The next writer's attempt includes them. */
export type ZonePurgeFailure =
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'deadline' }

export interface ZonePurgeReport {
  readonly purged: readonly string[]
  readonly failed: readonly { readonly tags: readonly string[]; readonly failure: ZonePurgeFailure }[]
}

export type PurgeEverywhere = (tags: readonly string[]) => Promise<ZonePurgeReport>

const backoffBaseMs = 250
const backoffMaxMs = 8_000
/** Maximum number of tags kept while the queue is unavailable; beyond it the oldest are dropped and reported. */
const pendingMax = 20_000
/** Maximum pause for which all writers back off. */
const pauseMsMax = 60_000
/** Time that a writer waits before it checks whether another's attempt has sent its tags. */
const turnMs = 250
/** Assumed maximum duration of an attempt: the runtime may drop the request in the middle of one. */
const attemptMsMax = 5_000

export function createIsolateQueue(options: IsolateQueueOptions): PurgeEverywhere {
  const queue = new IsolateQueue(options)
  return (tags) => queue.purge(tags)
}

/**
 * Runs one attempt at a time per isolate; tags written meanwhile go into the next batch, whichever request sends it.
 * Requests share the set of tags and two instants, but no promise, since a promise belongs to its request. A pause that
 * the other side requests applies to all. A tag leaves when it is accepted; tags of a failed attempt return to the set.
 */
class IsolateQueue {
  readonly #options: IsolateQueueOptions
  /** Tag → turn in which it was added, which distinguishes a repeated tag from one still waiting. */
  readonly #pending = new Map<string, number>()
  /** Tags of the current attempt: if its request is dropped halfway, they are tried again. */
  #handedOver: ReadonlyMap<string, number> | undefined
  #turn = 0
  /** Until when an attempt is running, or about to be repeated. */
  #busyUntilMs = Number.NEGATIVE_INFINITY
  #pausedUntilMs = Number.NEGATIVE_INFINITY

  constructor(options: IsolateQueueOptions) {
    this.#options = options
  }

  /** @returns the tags that this caller sent, including other callers'; other callers report what they sent */
  async purge(tags: readonly string[]): Promise<ZonePurgeReport> {
    const { now, sleep, deadlineMs = 25_000, attemptsMax = 4 } = this.#options
    const untilMs = now() + deadlineMs
    const purged: string[] = []
    const { own, dropped } = this.#add(tags)
    const failed: ZonePurgeReport['failed'][number][] = []
    if (dropped.length > 0) failed.push({ tags: dropped, failure: { kind: 'deadline' } })
    let attempts = 0
    for (;;) {
      const left = [...own.keys()].filter((tag) => this.#pending.get(tag) === own.get(tag))
      if (left.length === 0) return { purged, failed }
      const waitMs = this.#waitMs(now())
      if (now() + waitMs > untilMs)
        return { purged, failed: [...failed, { tags: left, failure: { kind: 'deadline' } }] }
      if (waitMs > 0) {
        await sleep(waitMs)
        continue
      }
      const batch = this.#take(left)
      this.#busyUntilMs = now() + attemptMsMax
      const answer = await this.#options.handOver([...batch.keys()])
      if (this.#handedOver === batch) this.#handedOver = undefined
      this.#busyUntilMs = Number.NEGATIVE_INFINITY
      if (answer.kind === 'accepted') {
        attempts = 0
        purged.push(...batch.keys())
        continue
      }
      this.#putBack(batch)
      attempts += 1
      const pauseMs = this.#pauseMs(answer, attempts)
      this.#pausedUntilMs = Math.max(this.#pausedUntilMs, now() + Math.min(pauseMs, pauseMsMax))
      // Every other 4xx is our own mistake, and repeating the call does not help.
      const isMistake = answer.kind === 'refused' && answer.status !== 429 && answer.status < 500
      if (!isMistake && attempts < attemptsMax && now() + pauseMs <= untilMs) continue
      const failure: ZonePurgeFailure =
        answer.kind === 'refused' ? { kind: 'refused', status: answer.status } : answer
      return { purged, failed: [...failed, { tags: [...batch.keys()], failure }] }
    }
  }

  #add(tags: readonly string[]): { readonly own: Map<string, number>; readonly dropped: string[] } {
    const own = new Map<string, number>()
    for (const tag of tags) {
      const turn = this.#pending.get(tag) ?? this.#turn
      this.#pending.set(tag, turn)
      own.set(tag, turn)
    }
    const dropped: string[] = []
    for (const oldest of this.#pending.keys()) {
      if (this.#pending.size <= pendingMax) break
      this.#pending.delete(oldest)
      dropped.push(oldest)
    }
    return { own, dropped }
  }

  #waitMs(nowMs: number): number {
    const pausedMs = this.#pausedUntilMs - nowMs
    if (pausedMs > 0) return pausedMs
    return this.#busyUntilMs > nowMs ? Math.min(turnMs, this.#busyUntilMs - nowMs) : 0
  }

  /** A batch: the caller's own tags first, then those that have waited longest. */
  #take(own: readonly string[]): ReadonlyMap<string, number> {
    if (this.#handedOver !== undefined) this.#putBack(this.#handedOver)
    const batch = new Map<string, number>()
    for (const tag of [...own, ...this.#pending.keys()]) {
      if (batch.size === this.#options.batchMax) break
      batch.set(tag, this.#pending.get(tag) ?? this.#turn)
    }
    for (const tag of batch.keys()) this.#pending.delete(tag)
    this.#handedOver = batch
    this.#turn += 1
    return batch
  }

  /** Returns tags to the set; a tag that was added again keeps its new turn. */
  #putBack(batch: ReadonlyMap<string, number>): void {
    for (const [tag, turn] of batch) if (!this.#pending.has(tag)) this.#pending.set(tag, turn)
  }

  #pauseMs(answer: Exclude<HandOver, { kind: 'accepted' }>, attempts: number): number {
    const { random = Math.random } = this.#options
    const askedMs = answer.kind === 'refused' ? answer.retryAfterMs : 0
    return Math.max(random() * Math.min(backoffMaxMs, backoffBaseMs * 2 ** (attempts - 1)), askedMs)
  }
}
