import { type Fate, failureOf, fateOf, isExpected } from './fate.ts'
import { LatencyHistogram } from './latency.ts'
import type { Answers } from './report.ts'

/** Counts the answers of one stream. */
export class Tally {
  #asked = 0
  #good = 0
  #refused = 0
  #tooOld = 0
  #oldestSeconds = 0
  readonly #usefulMs: number
  readonly #failures = new Map<string, number>()
  readonly #ok = new LatencyHistogram()
  readonly #shed = new LatencyHistogram()

  constructor(usefulMs = Number.POSITIVE_INFINITY) {
    this.#usefulMs = usefulMs
  }

  asked(): void {
    this.#asked++
  }

  /**
   * @param refusal body of a problem answer
   * @param expects reasons of refusals that count as `ok`
   */
  answered(status: number, latencyMs: number, refusal = '', expects: readonly string[] = []): Fate {
    const fate = fateOf(status, refusal, expects)
    if (isExpected(status, refusal, expects)) this.#refused++
    if (fate === 'shed') this.#shed.record(latencyMs)
    if (fate === 'failed') this.#fail(failureOf(status))
    if (fate === 'ok') {
      this.#ok.record(latencyMs)
      if (latencyMs <= this.#usefulMs) this.#good++
    }
    return fate
  }

  /** Counts an answer by its age, in seconds. */
  aged(seconds: number, secondsMax: number): void {
    if (seconds > secondsMax) this.#tooOld++
    this.#oldestSeconds = Math.max(this.#oldestSeconds, seconds)
  }

  /** Counts a request without an answer. */
  failed(reason: string): void {
    this.#fail(reason)
  }

  #fail(reason: string): void {
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1)
  }

  answers(): Answers {
    const latency = this.#ok.summary()
    const shedLatency = this.#shed.summary()
    const failures = Object.fromEntries(this.#failures)
    return {
      asked: this.#asked,
      ok: latency.count,
      good: this.#good,
      refused: this.#refused,
      tooOld: this.#tooOld,
      oldestSeconds: this.#oldestSeconds,
      shed: shedLatency.count,
      failed: Object.values(failures).reduce((sum, count) => sum + count, 0),
      failures,
      latency,
      shedLatency,
    }
  }
}
