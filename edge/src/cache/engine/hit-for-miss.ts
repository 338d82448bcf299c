import { reuse } from '../policy/reuse.ts'
import { ExpiringMarks } from './expiring-marks.ts'
import type { Outcome } from './fetch-to-store.ts'

/** Time for which a key is marked after an origin error: its next answer may well be shareable. */
const afterErrorMs = 2_000

/** Statuses that depend on the client's own condition or range, and predict nothing about the next answer. */
const ofConditions = new Set([206, 304, 412, 416])

/**
 * Keys whose last answer could not be shared. Until a shareable answer comes, their requests do not wait for each
 * other, and reach the origin as the client sent them.
 */
export class HitForMiss {
  readonly #marks: ExpiringMarks

  constructor(keepMs: number, limits: { readonly countMax: number; readonly bytesMax: number }) {
    this.#marks = new ExpiringMarks(keepMs, limits)
  }

  has(key: string, nowMs: number): boolean {
    return this.#marks.has(key, nowMs)
  }

  mark(key: string, nowMs: number): void {
    this.#marks.mark(key, nowMs)
  }

  remember(key: string, outcome: Outcome, nowMs: number): void {
    if (outcome.kind === 'own') {
      const { status } = outcome.response
      if (!ofConditions.has(status)) this.#marks.mark(key, nowMs, status >= 500 ? afterErrorMs : undefined)
    } else if (isUnshared(outcome, nowMs)) this.#marks.mark(key, nowMs)
    else this.#marks.unmark(key)
  }
}

const isUnshared = (outcome: Outcome, nowMs: number): boolean =>
  outcome.kind === 'entry' &&
  (outcome.stored === 'forbidden' || reuse(outcome.entry.policy, nowMs) === 'validate')
