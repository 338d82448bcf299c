import type { HandOver } from './purge-api.ts'

/**
 * Hands an isolate's tags on to whoever purges them everywhere: the zone's queue (`purge-queue.ts`), or the zone's API where
 * there is none. The local purge has happened before this one starts, so it may take its time; it may not go on for ever.
 */
export interface IsolateQueueOptions {
  readonly handOver: (tags: readonly string[]) => Promise<HandOver>
  /** Tags handed over at once. */
  readonly batchMax: number
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** In [0, 1). @default Math.random */
  readonly random?: () => number
  /** Attempts that one writer makes, the first included. @default 4 */
  readonly attemptsMax?: number
  /** No attempt starts later than this after the first one. @default 25_000, within the 30 s that waitUntil grants */
  readonly deadlineMs?: number
}

/** Why tags are still here. They go with whoever writes next. */
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
/** Tags kept for a queue that cannot be had; of more, the oldest are given up, and reported. */
const pendingMax = 20_000
/** Longest that all writers heed a pause which one of them was asked for. */
const pauseMsMax = 60_000
/** How long a writer waits before it looks whether its tags have gone with another's. */
const turnMs = 250
/** As long as an attempt is taken to last: a request may be dropped in the middle of one. */
const attemptMsMax = 5_000

export function createIsolateQueue(options: IsolateQueueOptions): PurgeEverywhere {
  const queue = new IsolateQueue(options)
  return (tags) => queue.purge(tags)
}

/**
 * One attempt at a time in an isolate, and what is written meanwhile goes with the next one, whoever makes it. Writers share
 * the set of tags and two instants; no promise, since each belongs to its own request. A pause that the other side asks for
 * is everybody's. Tags leave when they are accepted: those of a failed attempt go back among the others.
 */
class IsolateQueue {
  readonly #options: IsolateQueueOptions
  /** Tag → number of the turn in which it came, so that one that comes again is told from one that still waits. */
  readonly #pending = new Map<string, number>()
  /** Tags of the attempt under way: those of one whose request was dropped in the middle of it are tried again. */
  #handedOver: ReadonlyMap<string, number> | undefined
  #turn = 0
  /** Somebody is at it, or is about to try again. */
  #busyUntilMs = Number.NEGATIVE_INFINITY
  #pausedUntilMs = Number.NEGATIVE_INFINITY

  constructor(options: IsolateQueueOptions) {
    this.#options = options
  }

  /** @returns what this caller has sent, other callers' tags included; what others have sent for it is theirs to tell */
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
      // Anything else in the 400s is our mistake, and stays one however often it is repeated.
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

  /** A batch: one's own tags first, then whoever's have waited longest. */
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

  /** Tags that came again meanwhile keep the place that they have. */
  #putBack(batch: ReadonlyMap<string, number>): void {
    for (const [tag, turn] of batch) if (!this.#pending.has(tag)) this.#pending.set(tag, turn)
  }

  #pauseMs(answer: Exclude<HandOver, { kind: 'accepted' }>, attempts: number): number {
    const { random = Math.random } = this.#options
    const askedMs = answer.kind === 'refused' ? answer.retryAfterMs : 0
    return Math.max(random() * Math.min(backoffMaxMs, backoffBaseMs * 2 ** (attempts - 1)), askedMs)
  }
}
