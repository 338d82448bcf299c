import { type HandOver, tagsPerCallMax } from './purge-api.ts'
import { groupTag } from './stamp.ts'

/** How often the API may be called, by the account's plan. @see https://developers.cloudflare.com/cache/how-to/purge-cache/ */
export interface PurgeLimit {
  readonly callsPerSecond: number
  /** Calls that may be made at once after a quiet time. */
  readonly bucket: number
}

/** The Pro plan's. */
export const defaultPurgeLimit: PurgeLimit = { callsPerSecond: 5, bucket: 25 }

/** Keeps the tags that wait, beyond the life of the process. */
export interface PurgeQueueStorage {
  /** Waiting tags, the oldest first, each with the instant since when it waits. */
  load(): Iterable<readonly [tag: string, sinceMs: number]>
  /** Adds tags that it does not hold. */
  put(tags: readonly string[], sinceMs: number): void
  remove(tags: readonly string[]): void
  /** Sees to it that {@link PurgeQueue.run} is called then, also where the process is gone until then. */
  wakeAt(atMs: number): void
}

/** How far the queue is behind. */
export interface PurgeBacklog {
  /** Tags of the call that was just made. */
  readonly sent: number
  /** Why that was refused; `undefined` where it was accepted. */
  readonly failure: string | undefined
  /** Tags that wait still. */
  readonly waiting: number
  /** How long the oldest of them has waited, in milliseconds. */
  readonly oldestMs: number
}

export interface PurgeQueueOptions {
  readonly storage: PurgeQueueStorage
  /** Hands tags to the API. Never rejects. */
  readonly call: (tags: readonly string[]) => Promise<HandOver>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** @default the Pro plan's */
  readonly limit?: PurgeLimit
  /** Told after each call. */
  readonly onBacklog?: (backlog: PurgeBacklog) => void
  /**
   * Tags that may wait before those of the busiest resource are purged as one: each of its stamps carries a common tag,
   * too. A resource written so fast that its tags would take that long one by one is better emptied than stale.
   * @default 500
   */
  readonly waitingMax?: number
}

const backoffBaseMs = 250
const backoffMaxMs = 30_000
/** Longest that the API's `Retry-After` is heeded. */
const retryAfterMsMax = 300_000

/**
 * The zone's one queue of tags to purge everywhere. The API counts calls by account, so one place makes them all: as many
 * tags as a call takes, no more calls than the plan allows, and each tag until it is accepted. What comes while a call is
 * under way goes with the next one, and a tag that waits already takes no more room.
 *
 * It knows no runtime: the Durable Object around it, the simulation and the tests give it storage, time and the call.
 */
export class PurgeQueue {
  readonly #options: PurgeQueueOptions
  readonly #limit: PurgeLimit
  /** Tag → since when it waits. The first one has waited longest, but for those that were put behind. */
  readonly #waiting: Map<string, number>
  /** Tags that came again while a call with them was under way: it may have been too early for them. */
  #again: Map<string, number> | undefined
  #inCall: ReadonlySet<string> = new Set()
  /** Calls that may be made now. A process that has just begun does not know what the one before it has used. */
  #tokens = 1
  #tokensAtMs: number
  #pausedUntilMs = Number.NEGATIVE_INFINITY
  #failures = 0
  #batchMax = tagsPerCallMax
  #isRunning = false
  /** When it is to be woken, as it has asked. */
  #wakesAtMs = Number.POSITIVE_INFINITY

  constructor(options: PurgeQueueOptions) {
    this.#options = options
    this.#limit = options.limit ?? defaultPurgeLimit
    this.#tokensAtMs = options.now()
    this.#waiting = new Map(options.storage.load())
    if (this.#waiting.size > 0) this.#wakeAt(this.#nextCallMs())
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** The tags are kept when it returns. */
  add(tags: readonly string[]): void {
    const { storage, now } = this.#options
    const sinceMs = now()
    const added: string[] = []
    for (const tag of tags) {
      if (this.#inCall.has(tag)) this.#again?.set(tag, sinceMs)
      if (this.#waiting.has(tag)) continue
      this.#waiting.set(tag, sinceMs)
      added.push(tag)
    }
    if (added.length > 0) storage.put(added, sinceMs)
    this.#joinGroups()
    if (!this.#isRunning && this.#waiting.size > 0) this.#wakeAt(this.#nextCallMs())
  }

  /** Makes the calls that are due, one after the other, and asks to be woken for the rest. */
  async run(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#wakesAtMs = Number.POSITIVE_INFINITY
    try {
      const { now } = this.#options
      while (this.#waiting.size > 0) {
        const nextMs = this.#nextCallMs()
        if (nextMs > now()) return this.#wakeAt(nextMs)
        await this.#callOnce()
      }
    } finally {
      this.#isRunning = false
    }
  }

  async #callOnce(): Promise<void> {
    const { call, now, onBacklog } = this.#options
    const batch = [...this.#waiting.keys()].slice(0, this.#batchMax)
    this.#inCall = new Set(batch)
    const again = new Map<string, number>()
    this.#again = again
    this.#tokens -= 1
    const answer = await call(batch)
    this.#inCall = new Set()
    this.#again = undefined
    if (answer.kind === 'accepted') this.#accepted(batch, again)
    else this.#failed(answer, batch)
    onBacklog?.({
      sent: batch.length,
      failure: failureOf(answer),
      waiting: this.#waiting.size,
      oldestMs: this.#waiting.size === 0 ? 0 : now() - Math.min(...this.#waiting.values()),
    })
  }

  #accepted(batch: readonly string[], again: ReadonlyMap<string, number>): void {
    this.#failures = 0
    this.#batchMax = tagsPerCallMax
    this.#remove(batch)
    for (const [tag, sinceMs] of again) this.#put(tag, sinceMs)
  }

  #failed(answer: Exclude<HandOver, { kind: 'accepted' }>, batch: readonly string[]): void {
    const { now } = this.#options
    if (answer.kind === 'refused' && isAboutTags(answer.status)) {
      // One bad tag must not keep the others: half as many at once, down to the one, which then waits behind all.
      this.#batchMax = Math.max(1, Math.floor(batch.length / 2))
      const [only = ''] = batch
      const sinceMs = this.#waiting.get(only)
      if (batch.length > 1 || sinceMs === undefined) return
      this.#remove(batch)
      this.#put(only, sinceMs)
      this.#batchMax = tagsPerCallMax
    }
    this.#failures += 1
    const backoffMs = Math.min(backoffMaxMs, backoffBaseMs * 2 ** Math.min(this.#failures - 1, 16))
    const askedMs = answer.kind === 'refused' ? Math.min(answer.retryAfterMs, retryAfterMsMax) : 0
    this.#pausedUntilMs = now() + Math.max(backoffMs, askedMs)
  }

  #wakeAt(atMs: number): void {
    if (atMs >= this.#wakesAtMs) return
    this.#wakesAtMs = atMs
    this.#options.storage.wakeAt(atMs)
  }

  #put(tag: string, sinceMs: number): void {
    if (this.#waiting.has(tag)) return
    this.#waiting.set(tag, sinceMs)
    this.#options.storage.put([tag], sinceMs)
  }

  #remove(tags: readonly string[]): void {
    for (const tag of tags) this.#waiting.delete(tag)
    this.#options.storage.remove(tags)
  }

  /** When the next call may be made: at once, unless the plan or the API says later. */
  #nextCallMs(): number {
    const { callsPerSecond, bucket } = this.#limit
    const nowMs = this.#options.now()
    this.#tokens = Math.min(bucket, this.#tokens + ((nowMs - this.#tokensAtMs) / 1000) * callsPerSecond)
    this.#tokensAtMs = nowMs
    const missing = Math.max(0, 1 - this.#tokens)
    return Math.max(this.#pausedUntilMs, nowMs + Math.ceil((missing / callsPerSecond) * 1000))
  }

  /** Replaces all tags of the busiest resource by one, then those of the next, until half of the limit is left. */
  #joinGroups(): void {
    const { waitingMax = 500 } = this.#options
    if (this.#waiting.size <= waitingMax) return
    const groups = Map.groupBy(this.#waiting.keys(), groupTag)
    for (const [group, tags] of [...groups].sort(([, left], [, right]) => right.length - left.length)) {
      if (tags.length < 2 || this.#waiting.size <= waitingMax / 2) return
      const sinceMs = Math.min(...tags.map((tag) => this.#waiting.get(tag) ?? Number.POSITIVE_INFINITY))
      this.#remove(tags)
      this.#put(group, sinceMs)
    }
  }
}

const failureOf = (answer: HandOver): string | undefined => {
  if (answer.kind === 'accepted') return undefined
  return answer.kind === 'refused' ? `refused with ${answer.status}` : answer.kind
}

/** Neither the token's fault, nor the limit's, nor the API's. */
const isAboutTags = (status: number): boolean => status === 400 || status === 413 || status === 422
