import { expect, test } from 'vitest'
import { meanParts, parts, partsOf } from './parts-of-time.ts'

const timing = [
  ...['edge;dur=60', 'before;dur=4', 'slot;dur=6', 'origin;dur=45'],
  ...['app;dur=40.5', 'queue;dur=1.5', 'batch;dur=9', 'db;dur=25'],
].join(', ')

test('splits the latency of a request that the origin answered', () => {
  expect(partsOf({ ms: 100, timing })).toEqual({
    'client and socket': 40,
    'edge, before': 4,
    'wait for a slot': 6,
    'way to the origin': 4.5,
    "origin's queue": 1.5,
    'checks and batch': 9,
    database: 25,
    'origin, after': 5,
    'edge, after': 5,
  })
})

test.each([
  ['an answer from memory', '', { 'client and socket': 100 }],
  [
    'a request that waited for the fetch of another',
    'edge;dur=30',
    { 'client and socket': 70, 'edge, before': 30 },
  ],
  [
    'an origin that does not say more',
    'edge;dur=30, before;dur=2, slot;dur=0, origin;dur=20',
    { 'client and socket': 70, 'edge, before': 2, 'way to the origin': 20, 'edge, after': 8 },
  ],
])('leaves out what did not happen: %s', (_, header, expected) => {
  const none = Object.fromEntries(parts.map((part) => [part, 0]))
  expect(partsOf({ ms: 100, timing: header })).toEqual({ ...none, ...expected })
})

test('adds up to the latency', () => {
  const sum = Object.values(partsOf({ ms: 77, timing })).reduce((total, part) => total + part, 0)
  expect(sum).toBeCloseTo(77)
})

test('takes the mean of each part', () => {
  const slow = [
    { isWrite: true, ms: 10, timing: 'edge;dur=4' },
    { isWrite: false, ms: 20, timing: '' },
  ]
  expect(meanParts(slow)).toMatchObject({ 'client and socket': 13, 'edge, before': 2 })
  expect(meanParts([])).toBeUndefined()
})
