/**
 * Program: `npm run why` says why the running stack refuses or fails requests, and what to do; `--stage STAGE` asks a
 * deployed one. With an id it tells what happened to that request, with a path what is wrong with that route, with a
 * subject whether it is revoked. Exits 1 if there is a cause.
 */

import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { keptControlEntries } from '@spillway/edge/dev/kept-control'
import { runningPorts } from '@spillway/edge/dev/kept-ports'
import { messageOf } from '@spillway/origin/dev/message-of'
import { keptLogFile } from '../local/kept-log.ts'
import { diagnose } from './diagnose.ts'
import { edgeSigns, type LogLine, ofRoute, parseLog, requestStory } from './edge-log.ts'
import { localPlaces } from './local-places.ts'
import { observe } from './observe.ts'
import { blindReport, report, routeReport, subjectReport } from './report.ts'
import type { Signs } from './signs.ts'
import { observeStage, stagePeriods } from './stage/observe-stage.ts'
import { stageReaders, stageUsage } from './stage/stage-readers.ts'

const usage = `npm run why                            why requests are refused or fail, here and now
npm run why -- REQUEST_ID              what happened to one request: X-Request-Id of its answer
npm run why -- /v2/places              the same for one route, by its path or pattern
npm run why -- SUBJECT                 whether a caller is revoked
npm run why -- --stage STAGE [WORD]    each of these for a deployed stage

${stageUsage}`

/** Source of the answers: this machine, or a stage. */
interface Source {
  readonly windowMs: number
  observe(): Promise<{ readonly signs: Signs; readonly lines: readonly LogLine[] }>
  /** Facts about a request; `undefined`: none is known. */
  story(requestId: string): Promise<string | undefined>
  control(): Promise<Signs['control']>
}

function onThisMachine(): Source {
  const windowMs = 60_000
  const places = localPlaces(runningPorts(process.env))
  return {
    windowMs,
    observe: () => observe(places, { windowMs, scrapesMs: 2_000 }),
    story: async (id) =>
      requestStory(parseLog(await readFile(keptLogFile('edge'), 'utf8').catch(() => '')), id),
    control: keptControlEntries,
  }
}

function ofStage(stage: string): Source {
  const { places, ...readers } = stageReaders(stage, process.env)
  return {
    windowMs: stagePeriods.windowMs,
    observe: () => observeStage(places, readers),
    async story(id) {
      const rows = await readers.aws.requestLines(id)
      return rows.length === 0
        ? undefined
        : rows.map((row) => `${row['@timestamp']} ${row['@message']}`).join('\n')
    },
    control: () => readers.cloudflare.control(places.namespace),
  }
}

async function main(): Promise<boolean> {
  const { values, positionals } = parseArgs({
    options: { stage: { type: 'string' } },
    allowPositionals: true,
  })
  const [word, ...rest] = positionals
  if (rest.length > 0) throw new RangeError('one word at most')
  const source = values.stage === undefined ? onThisMachine() : ofStage(values.stage)
  if (word !== undefined && !word.startsWith('/')) {
    const story = await source.story(word)
    console.log(story ?? subjectReport(word, await source.control()))
    return true
  }
  const { signs, lines } = await source.observe()
  if (word === undefined) {
    const findings = diagnose(signs)
    console.log(report(findings, source.windowMs / 1_000) + blindReport(signs.blind))
    return findings.length === 0 && (signs.blind ?? []).length === 0
  }
  const own = edgeSigns(ofRoute(lines, word), Date.now(), { windowMs: source.windowMs })
  const findings = diagnose({ ...signs, edge: { ...signs.edge, ...own } })
  console.log(routeReport(word, findings, source.windowMs / 1_000))
  return findings.length === 0
}

try {
  if (!(await main())) process.exitCode = 1
} catch (error) {
  // The cast is safe: an error without a code has none to compare.
  const isMistake =
    error instanceof RangeError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  console.error(isMistake === true ? usage : messageOf(error))
  process.exitCode = 2
}
