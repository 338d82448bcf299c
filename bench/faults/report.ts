import type { Bar, Measured } from '@spillway/infra/local/bar'
import { bars } from '../bars.ts'
import type { Exchange } from './exchange.ts'
import type { Trial } from './trial.ts'
import type { Violation, ViolationKind } from './violation.ts'

/** Report of a violation: its rule, the command that repeats it, and the few exchanges that prove it. */

/** Faults that began this long before the first exchange are shown, too. */
const faultsBeforeMs = 2_000
/** Maximum number of shown violations of one kind. */
const shownEach = 2

export function reportViolations(trial: Trial, replay: string): void {
  const alike = Map.groupBy(trial.violations, ({ kind, what }) => `${kind}: ${what.replace(/\d+/g, 'N')}`)
  for (const [name, violations] of alike) {
    for (const violation of violations.slice(0, shownEach)) {
      console.log(`\n${describe(violation, trial, replay)}`)
    }
    if (violations.length > shownEach) console.log(`\n… ${violations.length} like this: ${name}`)
  }
}

export function describe(violation: Violation, trial: Trial, replay: string): string {
  const { kind, what, document } = violation
  const place = document ?? violation.exchanges[0]?.resource ?? ''
  return [`violation: ${kind}: ${place}: ${what}`, `  replay: ${replay}`, ...history(violation, trial)].join(
    '\n',
  )
}

interface Line {
  readonly atMs: number
  readonly text: string
}

function history({ exchanges, document, versions = [] }: Violation, trial: Trial): string[] {
  const lines: Line[] = []
  for (const exchange of new Set(exchanges)) {
    lines.push({ atMs: exchange.startMs, text: `#${exchange.number} ${asked(exchange)}` })
    lines.push({ atMs: exchange.endMs, text: `#${exchange.number} ${told(exchange)}` })
  }
  const chain = document === undefined ? undefined : trial.truth.chains.get(document)
  for (const version of chain?.versions ?? []) {
    if (!versions.includes(version.number)) continue
    const whose = version.isDeletion ? 'deleted' : `is ${version.marker}`
    lines.push({ atMs: version.wallMs, text: `database: version ${version.number} ${whose}` })
  }
  const fromMs = Math.min(...lines.map(({ atMs }) => atMs)) - faultsBeforeMs
  const untilMs = Math.max(...lines.map(({ atMs }) => atMs))
  for (const { kind, target, startMs, endMs } of trial.faults) {
    if (endMs < fromMs || startMs > untilMs) continue
    lines.push({ atMs: startMs, text: `fault: ${kind}, ${target}` })
    if (endMs - startMs > 1 && endMs <= untilMs)
      lines.push({ atMs: endMs, text: `fault over: ${kind}, ${target}` })
  }
  return lines
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ atMs, text }) => `  ${((atMs - trial.startMs) / 1_000).toFixed(3).padStart(9)} s  ${text}`)
}

function asked(exchange: Exchange): string {
  const { session, via, operation, resource, documentId, marker, key, ifMatch } = exchange
  return [
    `${session} through ${via}: ${operation} ${resource}${documentId === undefined ? '' : `/${documentId}`}`,
    ...(ifMatch === undefined ? [] : [`If-Match "${ifMatch}"`]),
    ...(key === undefined ? [] : [`Idempotency-Key ${key}`]),
    ...(marker === undefined ? [] : [`as ${marker}`]),
  ].join(', ')
}

function told({ answer, failure }: Exchange): string {
  if (answer === undefined) return `no answer (${failure})`
  const { status, code, detail, version, marker, cacheStatus } = answer
  return [
    `answer: ${status}${code === undefined ? '' : ` ${code}`}`,
    ...(version === undefined ? [] : [`version ${version}`]),
    ...(marker === undefined ? [] : [`showing ${marker}`]),
    ...(cacheStatus === undefined ? [] : [`[${cacheStatus}]`]),
    ...(detail === undefined ? [] : [`"${detail}"`]),
  ].join(' ')
}

/** The bars of a run. Required numbers of events are in proportion to its length. */
export function measure(trial: Trial, seconds: number): readonly Measured[] {
  const count = (kind: ViolationKind) =>
    trial.violations.filter((violation) => violation.kind === kind).length
  const share = Math.min(1, seconds / 600)
  const inProportion = (bar: Bar): Bar => ({ ...bar, limit: Math.floor(bar.limit * share) })
  return [
    { bar: inProportion(bars.faultsPrimaryChanges), value: trial.primaryChanges },
    { bar: inProportion(bars.faultsOriginKills), value: trial.originKills },
    { bar: bars.faultsLost, value: count('lost') },
    { bar: bars.faultsDoubled, value: count('doubled') },
    { bar: bars.faultsUntrue, value: count('untrue') },
    { bar: bars.faultsStale, value: count('stale') },
    { bar: bars.faultsHung, value: count('hung') + trial.leftInWork },
    { bar: bars.faultsUncleanEnds, value: trial.drains.filter(({ code }) => code !== 0).length },
    { bar: bars.faultsNotLinearizable, value: count('not linearizable') },
    { bar: bars.faultsRecovery, value: Math.max(0, ...trial.recoveries.map(({ ms }) => ms)) / 1_000 },
  ]
}
