import { expect, it } from 'vitest'
import { sharedFields } from './shared-fields.ts'

it('shows the values of one answer, then of another', () => {
  const fields = sharedFields(['etag', 'x-own'])
  expect([...fields.show(['"1"', 'a'])]).toEqual([
    ['etag', '"1"'],
    ['x-own', 'a'],
  ])
  expect([...fields.show(['"2"', 'a'])]).toEqual([
    ['etag', '"2"'],
    ['x-own', 'a'],
  ])
  expect([...fields.show(['"1"', 'b'])]).toEqual([
    ['etag', '"1"'],
    ['x-own', 'b'],
  ])
})

it('an empty value takes the place of the one before', () => {
  const fields = sharedFields(['etag', 'vary'])
  fields.show(['"1"', 'accept'])
  expect(fields.show(['"1"', '']).get('vary')).toBe('')
})

it('is shared by the same names in the same order, and by no others', () => {
  expect(sharedFields(['a', 'b'])).toBe(sharedFields(['a', 'b']))
  expect(sharedFields(['a', 'b'])).not.toBe(sharedFields(['b', 'a']))
  expect(sharedFields(['a', 'b'])).not.toBe(sharedFields(['a']))
})

it('keeps a bounded number, and those in use go on', () => {
  const first = sharedFields(['first'])
  for (let i = 0; i < 300; i += 1) sharedFields([`x-${i}`])
  expect(first.show(['1']).get('first')).toBe('1')
  expect(sharedFields(['first'])).not.toBe(first)
})
