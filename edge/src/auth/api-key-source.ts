import { type AskedKey, type KeyAnswer, type KeyQuestion, keyTimes, usedMax } from '@spillway/origin/contract'
import { SieveMap } from '../lib/sieve-map.ts'

/** Knowledge of this isolate about one id. */
export interface KnownKey {
  readonly id: string
  /** `undefined`: the origin has no such key. */
  readonly key: AskedKey | undefined
  /** Start of the question whose answer it is; epoch milliseconds. */
  readonly askedAtMs: number
  /** Whether it counts no longer: it has changed, or was forgotten. Ends every remembered verdict on it. */
  retired: boolean
  /** Whether a request has used it since the origin was last told. */
  isUsed: boolean
}

export interface ApiKeySourceOptions {
  /** Asks the origin. Rejects without an answer. */
  readonly ask: (question: KeyQuestion) => Promise<KeyAnswer>
  readonly now: () => number
  readonly onFailure: (reason: unknown) => void
}

/** Questions about single keys in flight: with more of them, callers with unknown keys are asked to retry. */
const lookUpsMax = 64
/** Longest time that a question may take. */
const flightMs = 3_000
const retryMs = 1_000

/**
 * API keys that this isolate has seen, as the origin knows them.
 *
 * A key is asked for once, and every answer lists the keys that have changed recently. So one question every ten
 * seconds, beside the requests, keeps all keys current, and no request waits for it. Revocation holds even if the
 * origin is silent: no key counts 45 s after the last question that was answered (`keyTimes`, decision 41).
 */
export class ApiKeySource {
  readonly #options: ApiKeySourceOptions
  readonly #known = new SieveMap<KnownKey>({
    countMax: 10_000,
    bytesMax: 8 * 1_024 * 1_024,
    bytesOf: (_id, { key }) => 256 + (key === undefined ? 0 : JSON.stringify(key).length * 3),
    onLeave: (_id, known) => {
      known.retired = true
      this.#all.delete(known)
    },
  })
  /** The values of `#known`. */
  readonly #all = new Set<KnownKey>()
  readonly #lookUps = new Map<string, Flight>()
  #poll: Flight | undefined
  #triedAtMs = Number.NEGATIVE_INFINITY
  /** Start of the latest question that was answered. */
  #askedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: ApiKeySourceOptions) {
    this.#options = options
  }

  /** Whether what is known may still be used. */
  isUsable(nowMs: number): boolean {
    return nowMs < this.#askedAtMs + keyTimes.usableMs
  }

  /** Whether a question beside the requests is due. Cheap: called on every request with a key. */
  isDue(nowMs: number): boolean {
    return (
      nowMs >= this.#askedAtMs + keyTimes.askMs &&
      nowMs >= this.#triedAtMs + retryMs &&
      !this.#isAsking(nowMs)
    )
  }

  find(id: string): KnownKey | undefined {
    const known = this.#known.get(id)
    if (known === undefined || known.key !== undefined) return known
    if (this.#options.now() < known.askedAtMs + keyTimes.missingMs) return known
    this.#known.delete(id)
    return undefined
  }

  /** Asks for changes, or joins the question in flight; `undefined` shortly after the last one. Never rejects. */
  refresh(): Promise<void> | undefined {
    const nowMs = this.#options.now()
    if (this.#isAsking(nowMs)) return this.#poll?.done
    if (nowMs < this.#triedAtMs + retryMs) return undefined
    this.#triedAtMs = nowMs
    const done = this.#ask(undefined, nowMs)
    const flight = { done, startedAtMs: nowMs }
    this.#poll = flight
    void done.finally(() => {
      if (this.#poll === flight) this.#poll = undefined
    })
    return done
  }

  /**
   * Asks for a key, or joins the question in flight; `undefined` if too many keys are being asked for. Never rejects.
   */
  lookUp(id: string): Promise<void> | undefined {
    const nowMs = this.#options.now()
    const flying = this.#lookUps.get(id)
    if (flying !== undefined && nowMs < flying.startedAtMs + flightMs) return flying.done
    this.#dropLostLookUps(nowMs)
    if (this.#lookUps.size >= lookUpsMax) return undefined
    const done = this.#ask(id, nowMs)
    const flight = { done, startedAtMs: nowMs }
    this.#lookUps.set(id, flight)
    void done.finally(() => {
      if (this.#lookUps.get(id) === flight) this.#lookUps.delete(id)
    })
    return done
  }

  /** A question whose request was torn down never settles, so it counts only for its own time. */
  #dropLostLookUps(nowMs: number): void {
    if (this.#lookUps.size < lookUpsMax) return
    for (const [id, { startedAtMs }] of this.#lookUps)
      if (nowMs >= startedAtMs + flightMs) this.#lookUps.delete(id)
  }

  #isAsking(nowMs: number): boolean {
    return this.#poll !== undefined && nowMs < this.#poll.startedAtMs + flightMs
  }

  async #ask(id: string | undefined, startedAtMs: number): Promise<void> {
    const used = this.#takeUsed()
    try {
      const answer = await this.#options.ask({
        ...(id !== undefined && { id }),
        used: used.map((one) => one.id),
      })
      this.#hear(answer, startedAtMs)
      if (id !== undefined) this.#keep(id, answer.key ?? undefined, startedAtMs)
    } catch (error) {
      for (const known of used) known.isUsed = true
      this.#options.onFailure(error)
    }
  }

  #takeUsed(): readonly KnownKey[] {
    const used: KnownKey[] = []
    for (const known of this.#all) {
      if (!known.isUsed) continue
      known.isUsed = false
      if (used.push(known) === usedMax) break
    }
    return used
  }

  #hear({ changed, isCut }: KeyAnswer, startedAtMs: number): void {
    // Changes of a longer silence may be listed no more.
    if (isCut || startedAtMs >= this.#askedAtMs + keyTimes.forgetMs) {
      for (const { id } of this.#all) this.#known.delete(id)
    }
    for (const [id, revision] of changed) {
      const known = this.#known.peek(id)
      if (known !== undefined && known.key?.revision !== revision) this.#known.delete(id)
    }
    this.#askedAtMs = Math.max(this.#askedAtMs, startedAtMs)
  }

  #keep(id: string, key: AskedKey | undefined, askedAtMs: number): void {
    const before = this.#known.peek(id)
    if (before !== undefined && before.askedAtMs > askedAtMs) return
    const known: KnownKey = { id, key, askedAtMs, retired: false, isUsed: false }
    this.#known.set(id, known)
    if (this.#known.peek(id) === known) this.#all.add(known)
  }
}

interface Flight {
  readonly done: Promise<void>
  readonly startedAtMs: number
}
