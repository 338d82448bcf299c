import { expect, test } from 'vitest'
import { checkLinear } from './check-linear.ts'
import { exchange, place, truthOf } from './history.ts'
import { observations } from './observations.ts'

const truth = truthOf(place('p', 'a', 'b', 'c'))
const check = (...all: Parameters<typeof observations>[0]) => checkLinear(observations(all, truth))
const read = (version: number, startMs: number, endMs: number) =>
  exchange({ via: 'origin 0', startMs, endMs, answer: { version } })
const write = (marker: string, startMs: number, endMs: number, version: number) =>
  exchange({ operation: 'put', marker, startMs, endMs, answer: { version } })

test('reads during a write may see either version, in the order of the versions', () => {
  expect(check(write('b', 150, 300, 2), read(1, 160, 170), read(2, 180, 190), read(2, 310, 320))).toEqual([])
})

test('a read after the acknowledgement of a write that does not see it has no place in any order', () => {
  expect(check(write('b', 150, 250, 2), read(1, 260, 270))).toHaveLength(1)
})

test('two reads in a row that go back in time have none, during a write as well', () => {
  expect(check(write('b', 150, 300, 2), read(2, 160, 170), read(1, 180, 190))).toHaveLength(1)
})

test('a write of unknown outcome may be applied at any time after it was sent', () => {
  const unknown = exchange({
    operation: 'put',
    marker: 'b',
    startMs: 150,
    endMs: 160,
    answer: { status: 503, code: 'outcome-unknown' },
  })
  expect(check(unknown, read(1, 170, 180), read(2, 200, 210))).toEqual([])
  expect(check(unknown, read(2, 170, 180), read(1, 200, 210))).toHaveLength(1)
})

test('a version cannot be seen before its write has begun', () => {
  expect(check(read(2, 100, 110), write('b', 150, 250, 2))).toHaveLength(1)
})

test('a repetition with its key is no second write, however it ends', () => {
  const create = { operation: 'create', marker: 'a', key: 'k' } as const
  const first = exchange({ ...create, startMs: 50, endMs: 110, answer: { status: 201, version: 1 } })
  const code = 'outcome-unknown'
  const again = exchange({ ...create, startMs: 150, endMs: 160, answer: { status: 503, code } })
  expect(check(first, again)).toEqual([])
})

test('a refusal by the version that is there is a read of it', () => {
  const answer = { status: 412, code: 'precondition-failed', version: 1 }
  const refused = exchange({ operation: 'put', marker: 'x', ifMatch: 3, startMs: 260, endMs: 270, answer })
  expect(check(write('b', 150, 250, 2), refused)).toHaveLength(1)
})

test('answers that a cache may give are left to the bounds of the cache', () => {
  expect(
    check(write('b', 150, 250, 2), exchange({ startMs: 260, endMs: 270, answer: { version: 1 } })),
  ).toEqual([])
})
