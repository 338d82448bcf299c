import { determineTestResult } from 'http-cache-tests/lib/display.mjs'
import allSuites from 'http-cache-tests/tests/index.mjs'
import surrogateControl from 'http-cache-tests/tests/surrogate-control.mjs'
import { superseded } from './superseded.ts'

/** Output of the suite's client for one cache: test id → `true`, or name and message of the failure. */
export type Results = Readonly<Record<string, unknown>>

type Suite = (typeof allSuites)[number]
type SuiteTest = Suite['tests'][number]

/** `check` tests ask how a cache behaves; neither answer is better. */
export type Kind = 'required' | 'optimal' | 'check'

/** The suites that its command line runs against reverse proxies and CDNs. */
const suites: readonly Suite[] = [...allSuites, surrogateControl]

export const kindOf = (test: SuiteTest): Kind => test.kind ?? 'required'

/**
 * Detects a test that no cache can pass: its origin closes the connection without an answer, and its client expects a
 * 200 of that origin with the number of its requests. No result that the suite contains passes it.
 */
const isUnanswerable = (test: SuiteTest): boolean =>
  kindOf(test) === 'required' &&
  test.requests.some((request) => request.disconnect === true && request.expected_type === 'not_cached')

const forProxies = suites.flatMap((suite) => suite.tests).filter((test) => test.browser_only !== true)

const isSuperseded = (test: SuiteTest): boolean => test.id in superseded

/** Tests that apply to a proxy, without those that RFC 9111 has superseded. */
export const applicable: readonly SuiteTest[] = forProxies.filter(
  (test) => !isUnanswerable(test) && !isSuperseded(test),
)
export const unanswerable: readonly SuiteTest[] = forProxies.filter(isUnanswerable)
export const outOfDate: readonly SuiteTest[] = forProxies.filter(isSuperseded)

const passSymbols = new Set(['✅', 'Y'])

/**
 * The suite's own verdict. A test whose dependency did not pass proves nothing: the suite shows a white circle, and it
 * counts as not passed, for every cache.
 */
export const passes = (test: SuiteTest, results: Results): boolean =>
  passSymbols.has(determineTestResult(suites, test.id, results)[2])

export interface Tally {
  readonly passed: number
  readonly of: number
}

export function tally(kind: Kind, results: Results): Tally {
  const tests = applicable.filter((test) => kindOf(test) === kind)
  return { passed: tests.filter((test) => passes(test, results)).length, of: tests.length }
}
