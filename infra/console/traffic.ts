import { type LoggedRoute, type LogLine, totalsOf } from '../why/edge-log.ts'

/** Answers of the edge in a period. */
export interface Traffic {
  /** Answers per second; 0 while nobody asks. */
  readonly perSecond: number
  /** Share of the answers that the cache gave, 0 to 1; `undefined` without answers. */
  readonly hitShare: number | undefined
  /** Share of the answers with a status of 400 or more, 0 to 1; `undefined` without answers. */
  readonly refusedShare: number | undefined
  /** Mean time of the origin, in ms; `undefined` if it was not asked. */
  readonly originMs: number | undefined
  /** Answers per second in each step of the period, the oldest first. */
  readonly series: readonly number[]
  /** Refused or failed answers by reason, the most frequent first. */
  readonly reasons: readonly (readonly [reason: string, count: number])[]
  /** Routes with the most answers. */
  readonly routes: readonly RouteTraffic[]
}

export interface RouteTraffic {
  readonly pattern: string
  readonly perSecond: number
  readonly hitShare: number
  readonly refusedShare: number
}

/** Routes that are shown. */
const routesMax = 12

/**
 * Sums up the totals in the edge's log.
 *
 * @param nowMs end of the period, in ms since the epoch
 * @param seconds length of the period
 * @param stepSeconds time that each line stands for
 */
export function trafficOf(
  lines: readonly LogLine[],
  nowMs: number,
  seconds: number,
  stepSeconds = 1,
): Traffic {
  const sums = new Map<string, Sums>()
  const reasons = new Map<string, number>()
  const all: Sums = { answers: 0, hits: 0, refused: 0, forwarded: 0, originMs: 0 }
  const series = new Array<number>(Math.ceil(seconds / stepSeconds)).fill(0)
  const fromMs = nowMs - seconds * 1_000
  for (const { entry } of lines) {
    if (entry.kind !== 'totals') continue
    const totals = totalsOf(entry)
    if (totals.fromMs < fromMs) continue
    add(all, totals.all)
    const step = Math.min(series.length - 1, Math.floor((totals.fromMs - fromMs) / 1_000 / stepSeconds))
    series[step] = (series[step] ?? 0) + totals.all.answers / stepSeconds
    for (const [pattern, route] of Object.entries(totals.routes)) {
      const sum = sums.get(pattern) ?? { answers: 0, hits: 0, refused: 0, forwarded: 0, originMs: 0 }
      sums.set(pattern, add(sum, route))
    }
    for (const [reason, count] of Object.entries(totals.reasons)) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + count)
    }
  }
  return {
    perSecond: all.answers / seconds,
    hitShare: share(all.hits, all.answers),
    refusedShare: share(all.refused, all.answers),
    originMs: share(all.originMs, all.forwarded),
    series,
    reasons: [...reasons].sort(([, one], [, other]) => other - one),
    routes: [...sums]
      .sort(([, one], [, other]) => other.answers - one.answers)
      .slice(0, routesMax)
      .map(([pattern, { answers, hits, refused }]) => ({
        pattern,
        perSecond: answers / seconds,
        hitShare: hits / answers,
        refusedShare: refused / answers,
      })),
  }
}

type Sums = { -readonly [Name in keyof LoggedRoute]: number }

function add(sum: Sums, part: LoggedRoute): Sums {
  sum.answers += part.answers
  sum.hits += part.hits
  sum.refused += part.refused
  sum.forwarded += part.forwarded
  sum.originMs += part.originMs
  return sum
}

const share = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole)
