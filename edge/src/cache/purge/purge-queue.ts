import { type HandOver, tagsPerCallMax } from './purge-api.ts'
import { groupTag } from './stamp.ts'

/** Rate limit of the API, by the account's plan. @see https://developers.cloudflare.com/cache/how-to/purge-cache/ */
export interface PurgeLimit {
  readonly callsPerSecond: number
  /** Burst size after an idle period. */
  readonly bucket: number
}

/** Limit of the Pro plan. */
export const defaultPurgeLimit: PurgeLimit = { callsPerSecond: 5, bucket: 25 }

/** Durable storage of waiting tags. */
export interface PurgeQueueStorage {
  /** Waiting tags, oldest first, each with the instant at which it was added. */
  load(): Iterable<readonly [tag: string, sinceMs: number]>
  /** Adds tags that are not stored yet. */
  put(tags: readonly string[], sinceMs: number): void
  remove(tags: readonly string[]): void
  /** Schedules a call of {@link PurgeQueue.run}, which must happen even if the process ends before. */
  wakeAt(atMs: number): void
}

/** State of the queue after a call. */
export interface PurgeBacklog {
  /** Number of tags in the call just made. */
  readonly sent: number
  /** Why the call was refused; `undefined` if it was accepted. */
  readonly failure: string | undefined
  /** Number of tags still waiting. */
  readonly waiting: number
  /** Age of the oldest waiting tag, in milliseconds. */
  readonly oldestMs: number
}

export interface PurgeQueueOptions {
  readonly storage: PurgeQueueStorage
  /** Passes tags to the API. Never rejects. */
  readonly call: (tags: readonly string[]) => Promise<HandOver>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** @default the Pro plan's */
  readonly limit?: PurgeLimit
  /** Called after each call of the API. */
  readonly onBacklog?: (backlog: PurgeBacklog) => void
  /**
   * Maximum number of waiting tags. Beyond it, the tags of the busiest resource are replaced by their group tag, which
   * all of its stamps carry as well: purging a whole resource is better than purging its documents too late. @default
   * 500
   */
  readonly waitingMax?: number
}

const backoffBaseMs = 250
const backoffMaxMs = 30_000
/** Maximum `Retry-After` that is honoured. */
const retryAfterMsMax = 300_000

/**
 * The zone's only queue of tags to purge everywhere. The API limits calls per account, so one place makes all of them:
 * full batches, at the plan's rate, each tag until it is accepted. Tags added during a call go into the next batch, and
 * a tag that already waits takes no more room.
 *
 * It depends on no runtime: the Durable Object, the simulation and the tests supply storage, time and the call.
 */
export class PurgeQueue {
  readonly #options: PurgeQueueOptions
  readonly #limit: PurgeLimit
  /** Tag → instant at which it was added; oldest first, except for tags that were moved to the end. */
  readonly #waiting: Map<string, number>
  /** Tags added again while a call with them was running: that call may have come too early for them. */
  #again: Map<string, number> | undefined
  #inCall: ReadonlySet<string> = new Set()
  /** Calls allowed now. A new process starts with one, since it does not know how many its predecessor made. */
  #tokens = 1
  #tokensAtMs: number
  #pausedUntilMs = Number.NEGATIVE_INFINITY
  #failures = 0
  #batchMax = tagsPerCallMax
  #isRunning = false
  /** The scheduled wake-up. */
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

  /** Returns when the tags are stored. */
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

  /** Makes the calls that are due, one after another, and schedules a wake-up for the rest. */
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
      // One bad tag must not block the others: halves the batch, down to the bad tag, which then moves to the end.
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

  /** Earliest instant of the next call, by the plan's rate and the API's `Retry-After`. */
  #nextCallMs(): number {
    const { callsPerSecond, bucket } = this.#limit
    const nowMs = this.#options.now()
    this.#tokens = Math.min(bucket, this.#tokens + ((nowMs - this.#tokensAtMs) / 1000) * callsPerSecond)
    this.#tokensAtMs = nowMs
    const missing = Math.max(0, 1 - this.#tokens)
    return Math.max(this.#pausedUntilMs, nowMs + Math.ceil((missing / callsPerSecond) * 1000))
  }

  /** Replaces the tags of the busiest resources by group tags, until half of the maximum is left. */
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

/** Whether the status concerns the tags, not the token, the rate limit or the API itself. */
const isAboutTags = (status: number): boolean => status === 400 || status === 413 || status === 422
