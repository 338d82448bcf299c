import type { EdgeSigns } from './signs.ts'

/** A line of a kept log: when it was written, and the observation. */
export interface LogLine {
  readonly at: string
  readonly entry: Readonly<Record<string, unknown>>
}

/** Reads lines such as `2026-11-29T12:00:00.000Z {"level":"warn",…}`; others are left out. */
export function parseLog(text: string): readonly LogLine[] {
  return text.split('\n').flatMap((line) => {
    const [, at, json] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) [^{]{0,20}(\{.*\})$/.exec(line) ?? []
    if (at === undefined || json === undefined) return []
    try {
      // The cast is safe: the edge writes its log lines in this form.
      return [{ at, entry: JSON.parse(json) as LogLine['entry'] }]
    } catch {
      return []
    }
  })
}

/** A reason that has not been seen for this time counts as a new one, ms. */
const quietMs = 60_000

export interface Periods {
  /** Age of the oldest line that counts as now; older ones tell since when it has been so, ms. */
  readonly windowMs: number
  /** The last answers of the cache are those of this time, ms. @default 15 s */
  readonly recentMs?: number
  /** They are compared with those of this time before, ms. @default 5 min */
  readonly formerMs?: number
}

/** Answers without which a share says nothing. */
const answersMin = 50

/**
 * Refusals and faults in the edge's log, in the time before an instant. A line may stand for others that were left out.
 */
export function edgeSigns(
  lines: readonly LogLine[],
  nowMs: number,
  periods: Periods,
): Omit<EdgeSigns, 'isReachable'> {
  const { windowMs } = periods
  const refusals: Record<string, number> = {}
  const failures: Record<string, number> = {}
  const routes: Record<string, string[]> = {}
  const since: Record<string, string> = {}
  const last: Record<string, number> = {}
  const faults: { what: string; where: string; message: string }[] = []
  for (const { at, entry } of lines) {
    const atMs = Date.parse(at)
    const isNow = atMs >= nowMs - windowMs
    const { kind, pattern, suppressed, what, where, message } = entry
    if (kind === 'fault' && isNow)
      faults.push({ what: String(what), where: String(where), message: String(message) })
    const reason = kind === 'answer' ? reasonOf(entry) : undefined
    if (reason === undefined) continue
    if (atMs - (last[reason] ?? Number.NEGATIVE_INFINITY) > quietMs) since[reason] = at
    last[reason] = atMs
    if (!isNow) continue
    const count = 1 + (typeof suppressed === 'number' ? suppressed : 0)
    refusals[reason] = (refusals[reason] ?? 0) + count
    if (Number(entry.status) >= 500) failures[reason] = (failures[reason] ?? 0) + count
    routes[reason] ??= []
    const known = routes[reason]
    if (typeof pattern === 'string' && !known.includes(pattern)) known.push(pattern)
  }
  // A reason that has ended before dates nothing that is so now.
  for (const reason of Object.keys(since)) if (refusals[reason] === undefined) delete since[reason]
  return { refusals, failures, routes, since, hits: hitShares(lines, nowMs, periods), faults }
}

/** Reason of a refusal, or the status of an error that the edge has passed on from the origin: `status-500`. */
function reasonOf({ reason, status }: LogLine['entry']): string | undefined {
  // A name of the configuration may follow a colon: `token-claim:client_id`.
  if (typeof reason === 'string') return reason.split(':')[0]
  return Number(status) >= 500 ? `status-${status}` : undefined
}

/**
 * Shares of the reads and writes that the cache answered, by the lines of totals. What was shed counts as not in the
 * cache: an answer that is there is given. Refusals that are the caller's own do not count.
 */
function hitShares(
  lines: readonly LogLine[],
  nowMs: number,
  { recentMs = 15_000, formerMs = 300_000 }: Periods,
): EdgeSigns['hits'] {
  const [recent, former] = [
    { answers: 0, hits: 0 },
    { answers: 0, hits: 0 },
  ]
  for (const { entry } of lines) {
    if (entry.kind !== 'totals') continue
    const { all, reasons, fromMs } = totalsOf(entry)
    const ageMs = nowMs - fromMs
    if (ageMs > recentMs + formerMs) continue
    const period = ageMs <= recentMs ? recent : former
    const shed = Object.entries(reasons).filter(([reason]) => reason.startsWith('shed-'))
    period.answers += all.hits + all.forwarded + shed.reduce((sum, [, count]) => sum + count, 0)
    period.hits += all.hits
  }
  if (recent.answers < answersMin || former.answers < answersMin) return undefined
  return { now: recent.hits / recent.answers, before: former.hits / former.answers }
}

/** Totals of the edge's answers in about a second (`edge/src/observe/totals.ts`). */
export interface LoggedTotals {
  readonly fromMs: number
  readonly all: LoggedRoute
  readonly routes: Readonly<Record<string, LoggedRoute>>
  readonly reasons: Readonly<Record<string, number>>
}

export interface LoggedRoute {
  readonly answers: number
  readonly hits: number
  readonly refused: number
  readonly forwarded: number
  readonly originMs: number
}

/** The totals of a line of that kind. The cast is safe: the edge writes it in this form. */
export const totalsOf = (entry: LogLine['entry']): LoggedTotals => entry as unknown as LoggedTotals

/** Lines without the answers of other routes. @param path a path, or a route's pattern */
export function ofRoute(lines: readonly LogLine[], path: string): readonly LogLine[] {
  const asked = segments(path)
  return lines.filter(({ entry: { kind, pattern } }) => {
    if (kind !== 'answer') return true
    const own = segments(String(pattern))
    return own.length === asked.length && own.every((part, at) => part.startsWith(':') || part === asked[at])
  })
}

const segments = (path: string): readonly string[] => (path.split('?')[0] ?? '').split('/')

/** Lines about one request, as sentences; `undefined` if there are none. */
export function requestStory(all: readonly LogLine[], requestId: string): string | undefined {
  const lines = all.filter(({ entry }) => entry.requestId === requestId)
  if (lines.length === 0) return undefined
  return lines
    .map(({ at, entry }) =>
      entry.kind === 'fault'
        ? `${at} fault in ${entry.what} (${entry.where}): ${entry.message}`
        : `${at} ${entry.method} ${entry.pattern ?? ''} was answered ${entry.status} after ${entry.durationMs} ms: ${entry.reason ?? 'by the origin'}`,
    )
    .join('\n')
}
