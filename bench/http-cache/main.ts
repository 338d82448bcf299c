import { parseArgs } from 'node:util'
import { reportBars } from '@spillway/infra/local/bar'
import { startWorkerd } from '../../edge/test/cache/support/workerd.ts'
import { bars } from '../bars.ts'
import { runSuite } from './client.ts'
import { startSuiteOrigin } from './origin.ts'
import { peers } from './peers.ts'
import { reasons } from './reasons.ts'
import {
  applicable,
  type Kind,
  kindOf,
  outOfDate,
  passes,
  type Results,
  tally,
  unanswerable,
} from './score.ts'
import { superseded } from './superseded.ts'

/**
 * The public test suite for HTTP caches (http-cache-tests, cache-tests.fyi) against our cache. Client and origin are
 * the suite's own; between them runs the product's pass-through Worker in workerd.
 *
 * `--quick` runs it once instead of three times. A test has passed if it passed every time.
 */
const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const repetitions = values.quick ? 1 : 3

const runs: Results[] = []
const origin = await startSuiteOrigin()
try {
  for (let run = 0; run < repetitions; run++) {
    const cache = await startWorkerd({
      entry: 'pass-through-worker.ts',
      variables: {
        PASS_THROUGH_PREFIX: '/',
        PASS_THROUGH_ORIGIN: origin.url,
        // RFC 9111 §7.3 to the letter. By default no answer with a cookie is stored, which is not what the suite
        // expects.
        PASS_THROUGH_SET_COOKIE: 'explicit',
        // Header fields of the suite: the number by which its origin recognizes a request, and names that its `Vary`
        // contains.
        PASS_THROUGH_FIELDS: 'req-num, test-name, test-id, abc, bar, baz, foo, other',
      },
    })
    try {
      runs.push(await runSuite(cache.urls[0], 120_000))
    } finally {
      await cache.stop()
    }
  }
} finally {
  await origin.stop()
}

/** Joins the results of all runs: the first failure of a test, or its success. */
const ours: Results = Object.fromEntries(
  Object.keys(runs[0] ?? {}).map((id) => [
    id,
    runs.map((run) => run[id]).find((result) => result !== true) ?? true,
  ]),
)

const kinds: readonly Kind[] = ['required', 'optimal', 'check']
const count = (kind: Kind, results: Results): string => {
  const { passed, of } = tally(kind, results)
  return `${String(passed).padStart(3)} of ${of}`
}
console.log(`${'cache'.padEnd(34)}required     optimal      behaviour: yes`)
for (const { name, version, results } of [{ name: 'Spillway', version: 'here', results: ours }, ...peers]) {
  const counts = kinds.map((kind) => count(kind, results).padEnd(13)).join('')
  console.log(`${`${name} ${version}`.padEnd(34)}${counts}`)
}

const failed = applicable.filter((test) => kindOf(test) !== 'check' && !passes(test, ours))
console.log('\nNot passed, with the reason:')
for (const test of failed) {
  console.log(
    `- ${test.id} (${kindOf(test)}): ${reasons[test.id] ?? `UNEXPLAINED ${JSON.stringify(ours[test.id])}`}`,
  )
}
console.log(
  '\nNot counted, for any cache: the origin hangs up and the client demands its answer. All fail there.',
)
for (const test of unanswerable) console.log(`- ${test.id} (${kindOf(test)})`)
console.log('\nNot counted, for any cache: the suite asks for what a draft older than RFC 9111 said.')
for (const test of outOfDate) console.log(`- ${test.id} (${kindOf(test)}): ${superseded[test.id]}`)

const failedIds = new Set(failed.map((test) => test.id))
const unlisted = failed.filter((test) => !(test.id in reasons))
const outdated = [
  ...Object.keys(reasons).filter((id) => !failedIds.has(id)),
  ...outOfDate.filter((test) => passes(test, ours)).map((test) => test.id),
]
for (const id of outdated) console.log(`A reason is on file for ${id}, which passes.`)

const percent = (kind: Kind): number => {
  const { passed, of } = tally(kind, ours)
  return (passed / of) * 100
}
const lead = (kind: Kind): number =>
  tally(kind, ours).passed - Math.max(...peers.map((peer) => tally(kind, peer.results).passed))

console.log('')
reportBars([
  { bar: bars.httpCacheRequired, value: percent('required') },
  { bar: bars.httpCacheOptimal, value: percent('optimal') },
  { bar: bars.httpCacheRequiredLead, value: lead('required') },
  { bar: bars.httpCacheOptimalLead, value: lead('optimal') },
  { bar: bars.httpCacheUnexplained, value: unlisted.length + outdated.length },
])
