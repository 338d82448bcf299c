import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type RangeAnswer, rangeAnswer } from './range.ts'

const lastModified = 'Sun, 06 Nov 1994 08:49:37 GMT'
const lastModifiedMs = Date.parse(lastModified)
const validators = {
  etag: '"a"',
  lastModified,
  lastModifiedMs,
  dateMs: lastModifiedMs + 5000,
  modifiedMs: lastModifiedMs,
}
const whole: RangeAnswer = { kind: 'whole' }
const part = (start: number, end: number): RangeAnswer => ({ kind: 'part', start, end })

test.each<[string | null, RangeAnswer]>([
  [null, whole],
  ['bytes=0-1', part(0, 2)],
  ['bytes=1-', part(1, 10)],
  ['bytes=-3', part(7, 10)],
  ['bytes=-99', part(0, 10)],
  ['bytes=5-99', part(5, 10)],
  ['Bytes = 5-6', part(5, 7)],
  ['bytes=10-', { kind: 'unsatisfiable' }],
  ['bytes=-0', { kind: 'unsatisfiable' }],
  ['bytes=3-1', whole],
  ['bytes=-', whole],
  ['bytes=0-1,4-5', whole],
  ['lines=0-1', whole],
])('Range: %s of ten bytes (RFC 9110 §14.1.2, §14.2)', (range, expected) => {
  expect(rangeAnswer(range, null, 10, validators)).toEqual(expected)
})

test.each<[string, boolean]>([
  ['"a"', true],
  ['W/"a"', false],
  ['"b"', false],
  [lastModified, true],
  ['Sun, 06 Nov 1994 08:49:38 GMT', false],
])('If-Range: %s (RFC 9110 §13.1.5)', (ifRange, applies) => {
  expect(rangeAnswer('bytes=0-1', ifRange, 10, validators).kind).toBe(applies ? 'part' : 'whole')
})

test('a date within a second of the answer is no strong validator (§8.8.2.2)', () => {
  const recent = { ...validators, dateMs: lastModifiedMs }
  expect(rangeAnswer('bytes=0-1', lastModified, 10, recent)).toEqual(whole)
})

test('the returned part is within the body', () => {
  fc.assert(
    fc.property(fc.nat(50), fc.nat(50), fc.nat(40), (first, last, length) => {
      const answer = rangeAnswer(`bytes=${first}-${last}`, null, length, validators)
      if (answer.kind === 'part') {
        expect(0 <= answer.start && answer.start < answer.end && answer.end <= length).toBe(true)
      }
    }),
  )
})
