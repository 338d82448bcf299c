import { holds } from '@spillway/infra/local/bar'
import { expect, test } from 'vitest'
import { exchange } from '../faults/history.ts'
import type { Violation } from '../faults/violation.ts'
import { incidents } from './incidents.ts'
import type { Performance } from './perform.ts'
import { measure, namedAfterSeconds, unserved } from './score.ts'

const tunnel = incidents.find(({ name }) => name === 'slow-tunnel') as (typeof incidents)[number]
const performance = (change: Partial<Performance> = {}): Performance => ({
  incident: tunnel,
  fromMs: 10_000,
  rtoMs: 1_200,
  diagnoses: [
    { atMs: 10_300, cause: 'healthy' },
    { atMs: 10_900, cause: 'tunnel down' },
    { atMs: 11_500, cause: 'healthy' },
  ],
  exchanges: [],
  violations: [],
  ...change,
})
const violation = (kind: Violation['kind'], status: number, code?: string): Violation => ({
  kind,
  what: 'x',
  exchanges: [exchange({ answer: { status, isReplayed: false, ...(code !== undefined && { code }) } })],
})
const missed = (change: Partial<Performance>) =>
  measure([performance(), performance(change)])
    .filter((measured) => !holds(measured))
    .map(({ bar, value }) => `${bar.name} ${value}`)

test('a day on which all went well misses no bar', () => {
  expect(missed({})).toEqual([])
  expect(namedAfterSeconds(performance())).toBe(0.9)
})

test.each<[string, Partial<Performance>, string]>([
  ['a lost write', { violations: [violation('lost', 200)] }, 'gameday-lost-writes 1'],
  ['a stale answer', { violations: [violation('stale', 200)] }, 'gameday-untrue-answers 1'],
  ['a service that does not come back', { rtoMs: undefined }, 'gameday-late-recoveries 1'],
  ['one that comes back late', { rtoMs: 10_001 }, 'gameday-late-recoveries 1'],
  ['a cause that is not named', { diagnoses: [] }, 'gameday-unnamed-causes 1'],
  [
    'another cause that is named more often',
    {
      diagnoses: [
        { atMs: 1, cause: 'tunnel down' },
        { atMs: 2, cause: 'slow primary' },
        { atMs: 3, cause: 'slow primary' },
      ],
    },
    'gameday-unnamed-causes 1',
  ],
])('%s misses its bar', (_, change, words) => expect(missed(change)).toEqual([words]))

test('an error of the code is a failure, and not an untrue answer', () => {
  expect(missed({ violations: [violation('untrue', 500, 'internal-error')] })).toEqual([])
})

test('what was not served is counted by priority', () => {
  const answered = (resource: 'trips' | 'places', status?: number) =>
    status === undefined
      ? { ...exchange({ resource }), answer: undefined }
      : exchange({ resource, answer: { status, isReplayed: false } })
  const counts = unserved(
    [
      answered('trips', 503),
      answered('trips'),
      answered('trips', 200),
      answered('trips', 412),
      answered('places', 500),
      answered('places', 429),
    ],
    (resource) => (resource === 'trips' ? 'critical' : 'normal'),
  )
  expect(Object.fromEntries(counts)).toEqual({
    critical: { refused: 1, failed: 1 },
    normal: { refused: 1, failed: 1 },
  })
})
