import type { Warmed } from '../cache/index.ts'
import type { Observe } from '../observe/observation.ts'
import { withReads } from './hot-list.ts'
import type { HotListStore } from './hot-list-store.ts'

export interface WarmUpOptions {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** In [0, 1). */
  readonly random: () => number
  readonly wait: (ms: number) => Promise<void>
  readonly list: HotListStore
  /** Reads of this isolate since the last call, by target. */
  readonly takeReads: () => ReadonlyMap<string, number>
  /** Whether the origin has room for work that nobody waits for. */
  readonly hasRoom: (nowMs: number) => boolean
  readonly observe: Observe
}

/**
 * Fetches the answer of a target as an anonymous caller. `skipped`: no such answer is shared by all in this contract.
 */
export type WarmTarget = (target: string) => Promise<Warmed | 'skipped'>

/** Requests at a time: two of the six connections that the runtime grants one request. */
const lanes = 2

/** Isolates that start together begin within this time, so that the later ones find what the first have stored. */
const spreadMs = 1_000

/** Longest time of a run. The runtime ends work 30 s after the answer to which it belongs. */
const runMsMax = 20_000

/** Time after which an isolate first adds its reads to the list, and the interval of the data centre. */
const firstTellMs = 5_000
const tellMs = 60_000

/**
 * Fills the cache of an isolate that starts with the targets that its data centre reads most. The list of these is
 * learnt from all isolates: about once a minute one of them adds its reads.
 *
 * A run ends at the first refusal or failure, and when the origin has no room: then readers need it. Each part runs
 * after an answer, as part of that answer's request.
 */
export class WarmUp {
  readonly #options: WarmUpOptions
  #hasStarted = false
  #tellAtMs = 0

  constructor(options: WarmUpOptions) {
    this.#options = options
  }

  /**
   * Called after an answer that had to wait for anything; a memory hit does not come here.
   *
   * @returns work that is due, for `waitUntil`; it never rejects
   */
  after(nowMs: number, warm: WarmTarget): Promise<void> | undefined {
    if (!this.#hasStarted) {
      this.#hasStarted = true
      this.#tellAtMs = nowMs + firstTellMs
      return this.#start(nowMs, warm).catch(ignore)
    }
    if (nowMs < this.#tellAtMs) return undefined
    this.#tellAtMs = nowMs + tellMs
    return this.#tell().catch(ignore)
  }

  async #start(startedAtMs: number, warm: WarmTarget): Promise<void> {
    const { wait, random, list } = this.#options
    await wait(random() * spreadMs)
    const stored = await list.read()
    if (stored === undefined || stored.targets.length === 0) return
    await this.#run(
      stored.targets.map(({ target }) => target),
      startedAtMs + runMsMax,
      warm,
    )
  }

  /** The hottest first. */
  async #run(targets: readonly string[], untilMs: number, warm: WarmTarget): Promise<void> {
    const { now, hasRoom, observe } = this.#options
    const waiting = [...targets]
    const counts = { warmed: 0, held: 0, refused: 0, skipped: 0 }
    const lane = async (): Promise<void> => {
      while (counts.refused === 0 && now() < untilMs && hasRoom(now())) {
        const target = waiting.shift()
        if (target === undefined) return
        counts[await warm(target).catch(() => 'refused' as const)] += 1
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    counts.skipped += waiting.length
    observe({ kind: 'warm-up', ...counts }, now())
  }

  async #tell(): Promise<void> {
    const { now, list, takeReads, observe } = this.#options
    const stored = await list.read()
    const nowMs = now()
    if (stored !== undefined && Math.abs(nowMs - stored.writtenAtMs) < tellMs) return
    const targets = withReads(stored?.targets ?? [], takeReads())
    if (targets.length === 0) return
    await list.write({ writtenAtMs: nowMs, targets })
    observe({ kind: 'hot-list', targets: targets.length }, nowMs)
  }
}

/** A list that cannot be read or written in time costs readers no more than a cold cache does. */
const ignore = (): void => {}
