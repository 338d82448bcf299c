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

/** Refusals and faults in the edge's log, from an instant on. A line may stand for others that were left out. */
export function edgeSigns(lines: readonly LogLine[], from: string): Omit<EdgeSigns, 'isReachable'> {
  const refusals: Record<string, number> = {}
  const failures: Record<string, number> = {}
  const routes: Record<string, string[]> = {}
  const since: Record<string, string> = {}
  const faults: { what: string; where: string; message: string }[] = []
  for (const { at, entry } of lines) {
    if (at < from) continue
    const { kind, pattern, suppressed, what, where, message } = entry
    if (kind === 'fault') faults.push({ what: String(what), where: String(where), message: String(message) })
    if (kind !== 'answer' || typeof entry.reason !== 'string') continue
    // A name of the configuration may follow a colon: `token-claim:client_id`.
    const [reason = ''] = entry.reason.split(':')
    const count = 1 + (typeof suppressed === 'number' ? suppressed : 0)
    refusals[reason] = (refusals[reason] ?? 0) + count
    if (Number(entry.status) >= 500) failures[reason] = (failures[reason] ?? 0) + count
    since[reason] ??= at
    routes[reason] ??= []
    const known = routes[reason]
    if (typeof pattern === 'string' && !known.includes(pattern)) known.push(pattern)
  }
  return { refusals, failures, routes, since, faults }
}

/** Lines about one request, as sentences. */
export function requestStory(log: string, requestId: string): string {
  const lines = parseLog(log).filter(({ entry }) => entry.requestId === requestId)
  if (lines.length === 0) {
    return `Nothing is known of ${requestId}: it was served, or its line is gone. The edge logs refusals and failures.`
  }
  return lines
    .map(({ at, entry }) =>
      entry.kind === 'fault'
        ? `${at} fault in ${entry.what} (${entry.where}): ${entry.message}`
        : `${at} ${entry.method} ${entry.pattern ?? ''} was answered ${entry.status} after ${entry.durationMs} ms: ${entry.reason}`,
    )
    .join('\n')
}
