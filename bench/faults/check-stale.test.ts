import { expect, test } from 'vitest'
import { checkStale, readCacheStatus } from './check-stale.ts'
import type { Answer, Exchange } from './exchange.ts'
import { exchange, place, truthOf } from './history.ts'
import { observations } from './observations.ts'

const truth = truthOf(place('p', 'a', 'b'))
const check = (...all: readonly Exchange[]) => checkStale(observations(all, truth), all, truth)
const written = (part: Partial<Exchange> = {}) =>
  exchange({ operation: 'put', marker: 'b', startMs: 150, endMs: 250, ...part, answer: { version: 2 } })
const fresh: Partial<Answer> = { version: 1, cacheStatus: 'Spillway; hit; ttl=12' }
const shown = (part: Partial<Exchange>, answer = fresh) =>
  exchange({ via: 'edge 1', session: 'ben', startMs: 300, endMs: 310, ...part, answer })

test('another edge may show a superseded answer while it is fresh', () => {
  expect(check(written(), shown({}))).toEqual([])
  // Places are fresh for 30 s.
  expect(check(written(), shown({ startMs: 31_000, endMs: 31_010 }))).toEqual([])
  expect(check(written(), shown({ startMs: 33_000, endMs: 33_010 }))).toHaveLength(1)
})

test('longer where it says that it is stale', () => {
  const stale = { version: 1, cacheStatus: 'Spillway; hit; ttl=-20' }
  expect(check(written(), shown({ startMs: 60_000, endMs: 60_010 }, stale))).toEqual([])
})

test('not at all where the origin was asked', () => {
  const miss = { version: 1, cacheStatus: 'Spillway; fwd=miss; stored' }
  expect(check(written(), shown({ startMs: 3_000, endMs: 3_010 }, miss))).toHaveLength(1)
})

test('the edge that a write went through shows it to everybody', () => {
  expect(check(written(), shown({ via: 'edge 0' }))).toHaveLength(1)
})

test('a session with its token sees its own writes at every edge', () => {
  expect(check(written({ hasToken: true }), shown({ session: 'ada', hasToken: true }))).toHaveLength(1)
})

test('a session with its token sees what a 412 has told it', () => {
  const answer = { status: 412, code: 'precondition-failed', version: 2 }
  const refused = exchange({
    operation: 'put',
    marker: 'x',
    startMs: 210,
    endMs: 220,
    hasToken: true,
    answer,
  })
  expect(check(refused, shown({ session: 'ada', hasToken: true }))).toHaveLength(1)
})

test('a session with its token sees a write of unknown outcome soon after it has landed', () => {
  const answer = { status: 503, code: 'outcome-unknown' }
  const unknown = exchange({
    operation: 'put',
    marker: 'b',
    startMs: 150,
    endMs: 160,
    hasToken: true,
    answer,
  })
  expect(check(unknown, shown({ session: 'ada', hasToken: true }))).toEqual([])
  expect(
    check(unknown, shown({ session: 'ada', hasToken: true, startMs: 5_000, endMs: 5_010 })),
  ).toHaveLength(1)
})

test("a complete list shows its caller's own trips", () => {
  const ofTrips = truthOf(place('t', 'a').map((applied) => ({ ...applied, resource: 'trips' as const })))
  const creation = exchange({
    resource: 'trips',
    operation: 'create',
    marker: 'a',
    hasToken: true,
    endMs: 150,
    answer: { status: 201, documentId: 't', version: 1 },
  })
  const list = (documentId: string) =>
    exchange({
      resource: 'trips',
      operation: 'list',
      hasToken: true,
      startMs: 200,
      endMs: 210,
      answer: { items: [{ documentId }], isComplete: true },
    })
  expect(checkStale([], [creation, list('t')], ofTrips)).toEqual([])
  expect(checkStale([], [creation, list('other')], ofTrips)).toHaveLength(1)
})

test.each([
  [undefined, 'miss'],
  ['Spillway; fwd=miss; stored', 'miss'],
  ['Spillway; hit; ttl=7', 'fresh'],
  ['Spillway; hit; ttl=-7', 'stale'],
  ['Spillway; hit; ttl=47; detail=shed', 'stale'],
  ['Spillway; fwd=stale; ttl=-1; detail=stale-if-error', 'stale'],
] as const)('reads %s as %s', (value, expected) => {
  expect(readCacheStatus(value)).toBe(expected)
})
