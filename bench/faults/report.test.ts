import { holds } from '@spillway/infra/local/bar'
import { expect, test } from 'vitest'
import { exchange, truthOf } from './history.ts'
import { judge } from './judge.ts'
import { measure } from './report.ts'
import type { Trial } from './trial.ts'

/** A run in which nothing was wrong. */
const clean: Trial = {
  startMs: 0,
  exchanges: [],
  truth: truthOf(),
  faults: [],
  violations: [],
  recoveries: [],
  primaryChanges: 100,
  originKills: 50,
  skippedFaults: 0,
  leftInWork: 0,
  drains: [{ origin: 0, ms: 300, code: 0 }],
}
const failedBars = (trial: Trial) =>
  measure(trial, 600).flatMap((measured) =>
    holds(measured) ? [] : [`${measured.bar.name} ${measured.value}`],
  )

test('a clean run holds every bar', () => {
  expect(failedBars(clean)).toEqual([])
})

/** Positive controls for violations that no single answer shows, so that a planted answer cannot cause them. */
test('a command that is left on an idle origin is a hung one', () => {
  expect(failedBars({ ...clean, leftInWork: 1 })).toEqual(['faults-hung-commands 1'])
})

test('a request that was never answered is a hung one, and so is one that was late beyond any deadline', () => {
  const exchanges = [exchange({ failure: 'TimeoutError', endMs: 100 }), exchange({ endMs: 60_000 })]
  const violations = judge(exchanges, truthOf())
  expect(failedBars({ ...clean, exchanges, violations })).toEqual(['faults-hung-commands 2'])
})

test.each([
  ['ended with another code', 1],
  ['had to be killed', null],
])('an origin that %s after SIGTERM is unclean', (_how, code) => {
  const drains = [...clean.drains, { origin: 1, ms: 25_000, code, tail: 'work was cut off' }]
  expect(failedBars({ ...clean, drains })).toEqual(['faults-unclean-sigterms 1'])
})
