import { beforeEach, expect, it } from 'vitest'
import { SharedHeads } from './shared-head.ts'

let heads: SharedHeads

beforeEach(() => {
  heads = new SharedHeads()
})

it('shows the values of one answer, then of another', () => {
  const head = heads.of(200, ['etag', 'x-own'])
  const shown = (values: readonly string[]) => [...head.show(values).headers]
  expect(shown(['"1"', 'a'])).toEqual([
    ['etag', '"1"'],
    ['x-own', 'a'],
  ])
  expect(shown(['"2"', 'a'])).toEqual([
    ['etag', '"2"'],
    ['x-own', 'a'],
  ])
  expect(shown(['"1"', 'b'])).toEqual([
    ['etag', '"1"'],
    ['x-own', 'b'],
  ])
})

it('an empty value replaces the previous one', () => {
  const head = heads.of(200, ['etag', 'vary'])
  head.show(['"1"', 'accept'])
  expect(head.show(['"1"', '']).headers.get('vary')).toBe('')
})

it('starts an answer that later changes do not affect', async () => {
  const head = heads.of(404, ['etag'])
  const answer = new Response('gone', head.show(['"1"']))
  head.show(['"2"'])
  expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([404, '"1"', 'gone'])
})

it('is shared by the same status and names in the same order, and by no others', () => {
  const one = heads.of(200, ['a', 'b'])
  expect(heads.of(200, ['a', 'b'])).toBe(one)
  expect(heads.of(404, ['a', 'b'])).not.toBe(one)
  expect(heads.of(200, ['b', 'a'])).not.toBe(one)
  expect(heads.of(200, ['a'])).not.toBe(one)
})

it('keeps a bounded number; heads in use keep working', () => {
  const first = heads.of(200, ['first'])
  for (let i = 0; i < 300; i += 1) heads.of(200, [`x-${i}`])
  expect(first.show(['1']).headers.get('first')).toBe('1')
  expect(heads.of(200, ['first'])).not.toBe(first)
})
