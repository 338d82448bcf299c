import { expect, test } from 'vitest'
import { bothCommands, RequestTimes } from './request-times.ts'

const caller = (source: object) => ({ deadline: 1_000, signal: { aborted: false, source } })

test('says how long a request waited for admission, for a batch, and for the database', () => {
  let nowMs = 0
  const times = new RequestTimes(() => nowMs)
  const request = {}
  times.begin(request)
  nowMs = 25
  const ended = times.command('places find', [caller({}), caller(request)])
  nowMs = 45
  ended?.()
  expect(times.end(request, { startedAtMs: 5, admittedAtMs: 15, endedAtMs: 50 })).toBe(
    'app;dur=45.0, queue;dur=10.0, batch;dur=10.0, db;dur=20.0',
  )
})

test('adds the times of several commands and counts the wait for the first', () => {
  let nowMs = 10
  const times = new RequestTimes(() => nowMs)
  const request = {}
  times.begin(request)
  const first = times.command('places find', [caller(request)])
  nowMs = 13
  first?.()
  nowMs = 20
  const second = times.command('trips insert', [caller(request)])
  nowMs = 24
  second?.()
  expect(times.end(request, { startedAtMs: 4, admittedAtMs: 4, endedAtMs: 24 })).toBe(
    'app;dur=20.0, queue;dur=0.0, batch;dur=6.0, db;dur=7.0',
  )
})

test('counts a command whose end is told after the answer', () => {
  let nowMs = 10
  const times = new RequestTimes(() => nowMs)
  const request = {}
  times.begin(request)
  const ended = times.command('places find', [caller(request)])
  nowMs = 30
  expect(times.end(request, { startedAtMs: 5, admittedAtMs: 5, endedAtMs: 30 })).toBe(
    'app;dur=25.0, queue;dur=0.0, batch;dur=5.0, db;dur=20.0',
  )
  ended?.()
})

test('names no part that a request has not reached', () => {
  const times = new RequestTimes(() => 0)
  const request = {}
  times.begin(request)
  expect(times.end(request, { startedAtMs: 1, admittedAtMs: 0, endedAtMs: 3 })).toBe('app;dur=2.0')
})

test('watches no command for requests that did not ask, and forgets those that have ended', () => {
  const times = new RequestTimes(() => 0)
  const request = {}
  expect(times.command('places find', [caller(request)])).toBeUndefined()
  times.begin(request)
  expect(times.command('places find', [caller({})])).toBeUndefined()
  times.drop(request)
  expect(times.command('places find', [caller(request)])).toBeUndefined()
  expect(times.end(request, { startedAtMs: 0, admittedAtMs: 0, endedAtMs: 1 })).toBeUndefined()
})

test('ends both of two watchers, with the error of a defect', () => {
  const ends: unknown[] = []
  const watch = (name: string) => () => (error?: unknown) => ends.push([name, error])
  bothCommands(watch('one'), watch('other'))('places find', [])?.('defect')
  expect(ends).toEqual([
    ['one', 'defect'],
    ['other', 'defect'],
  ])
})
