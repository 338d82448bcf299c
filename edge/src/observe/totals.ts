import { type Priority, type Slo, type SloCounts, SloTotals } from '@spillway/origin/contract'
import type { AnswerObservation, Observe } from './observation.ts'

/** Answers of one isolate in a period of about {@link periodMs}. */
export interface AnswerTotals {
  /** Start and end of the period, in ms since the epoch. */
  readonly fromMs: number
  readonly toMs: number
  readonly all: RouteTotals
  /** By route pattern; `other` for requests that matched no route. */
  readonly routes: Readonly<Record<string, RouteTotals>>
  /** Answers by the result of the cache: `hit`, a forward reason of RFC 9211 §2.2, or `none`. */
  readonly cache: Readonly<Record<string, number>>
  /** Refused or failed requests by reason. */
  readonly reasons: Readonly<Record<string, number>>
  /** Answers as the objectives judge them, by priority. */
  readonly slo: Readonly<Record<Priority, SloCounts>>
}

export interface RouteTotals {
  readonly answers: number
  /** Answers that the cache gave without the origin. */
  readonly hits: number
  /** Answers with a status of 400 or more. */
  readonly refused: number
  /** Answers for which the origin was asked, and the sum of its times, in ms. */
  readonly forwarded: number
  readonly originMs: number
}

/** Length of a period. A period ends with the first answer after it, since an idle isolate runs no code. */
export const periodMs = 1_000

/** Observations → a line of the log for each period. Costs a few additions for each answer. */
export function totalsObserver(write: (line: string) => void, slo: Slo): Observe {
  let period: Period | undefined
  return (observation, nowMs = Date.now(), repeats = 0) => {
    if (observation.kind !== 'answer') return
    if (period !== undefined && nowMs - period.fromMs >= periodMs) {
      write(JSON.stringify({ level: 'info', kind: 'totals', ...period.end(nowMs) }))
      period = undefined
    }
    period ??= new Period(nowMs, slo)
    period.add(observation, Math.max(1, repeats))
  }
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] }

class Period {
  readonly fromMs: number
  readonly #all = noAnswers()
  readonly #routes = new Map<string, Mutable<RouteTotals>>()
  readonly #cache = new Map<string, number>()
  readonly #reasons = new Map<string, number>()
  readonly #slo: SloTotals

  constructor(fromMs: number, slo: Slo) {
    this.fromMs = fromMs
    this.#slo = new SloTotals(slo)
  }

  add(answer: AnswerObservation, count: number): void {
    const { pattern = 'other', reason, priority } = answer
    if (priority !== undefined) this.#slo.add(priority, answer, count)
    const result = cacheResult(answer.cache)
    const route = this.#routes.get(pattern) ?? noAnswers()
    this.#routes.set(pattern, route)
    for (const totals of [this.#all, route]) {
      totals.answers += count
      if (result === 'hit') totals.hits += count
      if (answer.status >= 400) totals.refused += count
      if (answer.originMs === undefined) continue
      totals.forwarded += count
      totals.originMs += answer.originMs * count
    }
    this.#cache.set(result, (this.#cache.get(result) ?? 0) + count)
    if (reason !== undefined) this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + count)
  }

  end(toMs: number): AnswerTotals {
    return {
      ...{ fromMs: this.fromMs, toMs, all: this.#all },
      routes: Object.fromEntries(this.#routes),
      cache: Object.fromEntries(this.#cache),
      reasons: Object.fromEntries(this.#reasons),
      slo: this.#slo.counts,
    }
  }
}

const noAnswers = (): Mutable<RouteTotals> => ({ answers: 0, hits: 0, refused: 0, forwarded: 0, originMs: 0 })

/** Result in a `Cache-Status` of our own: `hit`, or the value of `fwd` (RFC 9211 §2.1 and §2.2). */
function cacheResult(status: string | undefined): string {
  if (status === undefined) return 'none'
  return status.includes('; hit') ? 'hit' : (/; fwd=([a-z-]+)/.exec(status)?.[1] ?? 'none')
}
