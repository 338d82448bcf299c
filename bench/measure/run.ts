import { basename, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { holds, type Measured, reportBars } from '@spillway/infra/local/bar'
import { localFolder, root } from '@spillway/origin/dev/folders'
import { benches } from '../benches.ts'
import { applicationOption, type Chosen, chooseApplication } from './application-option.ts'
import { describeMachine, describeVersions } from './machine.ts'
import { orNull, type Result, type Row, type Series, summaryOf, writeResult } from './result.ts'

/** Findings of a measuring command. */
export interface Findings {
  readonly settings: Result['settings']
  readonly rows: readonly Row[]
  readonly series?: readonly Series[]
  readonly bars: readonly Measured[]
}

export interface RunOptions {
  /** Name of the command (`npm run bench -- NAME`) and of its result file. */
  readonly bench: string
  /** Packages whose versions are stored with the figures. */
  readonly packages: readonly string[]
  /** Subjects that `--only NAME` can measure alone. @default none, and the option is refused */
  readonly subjects?: readonly string[]
}

/** Arguments of the command, and its progress line. */
export interface Run {
  readonly quick: boolean
  /** The repository's own, or that of `--application` where the bench takes it. */
  readonly chosen: Chosen
  /** The subject of `--only`, which is measured alone. */
  readonly only: string | undefined
  /** Prints one line to stderr, with the seconds since the start. Only results go to stdout. */
  progress(line: string): void
  /** Stack of things to end, in reverse order, also after an error and on Ctrl-C. */
  readonly closing: AsyncDisposableStack
}

/**
 * Runs a measuring command as its arguments say (`--quick`, `--out FILE`, `--only SUBJECT` where the bench has
 * subjects, and `--application FOLDER` where `benches.ts` allows it): measures, writes the result as JSON, prints the
 * bars, and ends all processes. Every sample stays on this machine (`.spillway/results`). Commit the summary of a full
 * run of all subjects and the own application (`bench/results`).
 *
 * @throws Error for an unknown option or subject, and for a folder without an application
 */
export async function runBench(options: RunOptions, measure: (run: Run) => Promise<Findings>): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      out: { type: 'string' },
      only: { type: 'string' },
      ...applicationOption,
    },
  })
  const { application, only } = values
  if (only !== undefined && options.subjects?.includes(only) !== true) throw new Error(notASubject(options))
  const takes = benches[options.bench]?.application
  if (application !== 'own' && takes !== true) throw new Error(`--application ${application}: ${takes}`)
  const chosen = await chooseApplication(application)
  // Read before the bench, since a commit during a long one is not what runs.
  const versions = describeVersions(options.packages)
  const startedAt = new Date()
  const startMs = performance.now()
  const elapsed = () => (performance.now() - startMs) / 1000
  const closing = new AsyncDisposableStack()
  const onSignal = () => {
    console.error('\nstopping …')
    void closing.disposeAsync().finally(() => process.exit(130))
  }
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)

  const run: Run = {
    quick: values.quick,
    chosen,
    only,
    closing,
    progress: (line) => console.error(`${elapsed().toFixed(0).padStart(4)} s  ${line}`),
  }
  try {
    const findings = await measure(run)
    const result: Result = {
      format: 'spillway-bench-1',
      bench: options.bench,
      command: `npm run bench -- ${options.bench}${values.quick ? ' --quick' : ''}${only === undefined ? '' : ` --only ${only}`}${chosen.isOwn ? '' : ` --application ${application}`}`,
      startedAt: startedAt.toISOString(),
      seconds: Math.round(elapsed() * 10) / 10,
      quick: values.quick,
      machine: describeMachine(),
      versions,
      settings: findings.settings,
      rows: [...findings.rows],
      series: [...(findings.series ?? [])],
      bars: findings.bars.map((measured) => ({
        name: measured.bar.name,
        measured: orNull(measured.value),
        holds: measured.bar.holds,
        limit: measured.bar.limit,
        pass: holds(measured),
        ...(measured.floor !== undefined && { floor: orNull(measured.floor) }),
      })),
    }
    const file = `${[options.bench, ...(only === undefined ? [] : [only]), ...(chosen.isOwn ? [] : [basename(application)])].join('-')}.json`
    await writeResult(values.out ?? join(localFolder, 'results', file), result)
    if (!values.quick && chosen.isOwn && only === undefined && values.out === undefined) {
      await writeResult(join(root, 'bench/results', file), summaryOf(result))
    }
    console.log('')
    reportBars(findings.bars)
  } finally {
    process.removeListener('SIGINT', onSignal)
    process.removeListener('SIGTERM', onSignal)
    await closing.disposeAsync()
  }
}

const notASubject = ({ bench, subjects }: RunOptions): string =>
  subjects === undefined
    ? `--only: bench '${bench}' has no part that can be measured alone`
    : `--only: bench '${bench}' measures ${subjects.join(', ')}`
