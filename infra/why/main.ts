/**
 * Program: `npm run why` says why the stack that `npm start` runs refuses or fails requests, and what to do.
 * `npm run why -- REQUEST_ID` tells what happened to one request. Exits 1 if there is a cause.
 */
import { readFile } from 'node:fs/promises'
import { developmentPorts } from '@spillway/edge/dev/development'
import { keptLogFile } from '../local/kept-log.ts'
import { diagnose } from './diagnose.ts'
import { requestStory } from './edge-log.ts'
import { localPlaces } from './local-places.ts'
import { observe } from './observe.ts'
import { report } from './report.ts'

const windowMs = 60_000
const [requestId, ...rest] = process.argv.slice(2)

if (rest.length > 0 || requestId?.startsWith('-') === true) {
  console.error('npm run why                  why requests are refused or fail, here and now')
  console.error('npm run why -- REQUEST_ID    what happened to one request: X-Request-Id of its answer')
  process.exitCode = 2
} else if (requestId !== undefined) {
  const log = await readFile(keptLogFile('edge'), 'utf8').catch(() => '')
  console.log(requestStory(log, requestId))
} else {
  const { signs } = await observe(localPlaces(developmentPorts(process.env)), { windowMs, scrapesMs: 2_000 })
  const findings = diagnose(signs)
  console.log(report(findings, windowMs / 1_000))
  if (findings.length > 0) process.exitCode = 1
}
