import type { CanaryResult } from '../canary/canary.ts'
import type { CanaryRequest } from './ask-canary.ts'
import type { Run } from './run.ts'
import { type Input, Refusal } from './runbook.ts'

/** Inputs of a runbook that asks the canary. */
export const canaryInputs = {
  canary: { says: 'no leaves the canary out', pattern: /^(yes|no)$/, default: 'yes' },
  'canary-token': {
    says: 'token or API key of the canary, an identity that nothing else uses; nothing for none',
    pattern: /^\S*$/,
    secretIn: 'CANARY_TOKEN',
  },
} as const satisfies Readonly<Record<string, Input>>

/** @throws {Refusal} when the canary is to be asked and cannot be, which is better known before a change */
export function needCanary(run: Run): void {
  if (run.input('canary') === 'no') return
  if (run.canary === undefined)
    throw new Refusal(
      'the application names no canary (origin/application/tools.ts): name one, or pass --canary no',
    )
  if (run.input('canary-token') === '') throw new Refusal('set CANARY_TOKEN, or pass --canary no')
}

/**
 * Asks the canary, once for each name. One more run decides, since a failover or a shed minute may fail one.
 *
 * @param name of the moment, such as `at a tenth`
 * @returns the failures, in words; undefined if there is none, or the canary is left out
 */
export async function canaryHarm(
  run: Run,
  name: string,
  headers: CanaryRequest['headers'] = {},
): Promise<string | undefined> {
  if (run.canary === undefined || !canaryIsDue(run, name)) return undefined
  const wrong = (await ask(run, headers)) && (await ask(run, headers))
  if (wrong !== undefined) return `the canary ${name} fails: ${wrong}`
  run.set(passed(name), 'yes')
  return undefined
}

/** Whether the canary has still to pass. */
export const canaryIsDue = (run: Run, name: string): boolean =>
  run.canary !== undefined &&
  run.input('canary') === 'yes' &&
  run.input('canary-token') !== '' &&
  !run.knows(passed(name))

const passed = (name: string): string => `the canary ${name} has passed`

/** Line of a runbook that goes back, which does not insist on the canary. */
export const canaryResult = (run: Run, name: string): string =>
  run.knows(passed(name))
    ? `The canary ${name} has passed.`
    : 'The canary was not asked: npm run canary -- --url URL does it.'

/** Failures that are no chance any more. */
const failuresMax = 2

/** Failures so far, and whether one of them was at the first look, which no new origin was up for. */
const failuresFact = 'canary failures'
const earlyFact = 'canary failed before'

/**
 * Asks the canary while old and new origins answer side by side: one request of three meets a new one, so a canary that
 * fails now and then is a bad release. Other faults, such as a database without a primary, look the same: the words say
 * so, and whether it failed already at the first look.
 */
export async function canaryBetween(run: Run): Promise<string | undefined> {
  if (!canaryIsDue(run, 'between two releases')) return undefined
  const isFirst = !run.knows(failuresFact)
  const wrong = await ask(run, {})
  const failures = (isFirst ? 0 : Number(run.fact(failuresFact))) + (wrong === undefined ? 0 : 1)
  run.set(failuresFact, String(failures))
  if (isFirst && failures > 0) run.set(earlyFact, 'yes')
  if (wrong === undefined || failures < failuresMax) return undefined
  return `the canary fails with new origins in service: ${wrong}. ${run.knows(earlyFact) ? 'It failed before the first of them, so look for another cause than the release' : 'A failover of the database or an outage of the edge looks the same'}: npm run why -- --stage ${run.stage}. Then run this again; a release that mends what the canary finds needs --canary no`
}

async function ask(run: Run, headers: CanaryRequest['headers']): Promise<string | undefined> {
  const request = { url: run.config.edgeUrl, token: run.input('canary-token'), headers }
  return wordsOf((await run.canary?.(request)) ?? [])
}

/** Steps that failed by themselves, in words. */
function wordsOf(results: readonly CanaryResult[]): string | undefined {
  const failed = results.filter(({ wrong }) => wrong !== undefined && wrong !== 'left out')
  return failed.length === 0 ? undefined : failed.map(({ step, wrong }) => `${step}: ${wrong}`).join('; ')
}
