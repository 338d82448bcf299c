import { expect, test } from 'vitest'
import { ExpiringMarks } from './expiring-marks.ts'

const limits = { countMax: 100, bytesMax: 100_000 }

test('a mark ends when it expires or is removed', () => {
  const marks = new ExpiringMarks(2_000, limits)
  marks.mark('a', 0)
  marks.mark('b', 0)
  marks.unmark('b')
  expect([marks.has('a', 1_999), marks.has('b', 0), marks.has('a', 2_000)]).toEqual([true, false, false])
})

test('stays within its byte limit, however long the keys are', () => {
  const marks = new ExpiringMarks(2_000, limits)
  for (let key = 0; key < 1_000; key += 1) marks.mark(`${key}${'x'.repeat(4_000)}`, 0)
  expect(marks.bytes).toBeLessThanOrEqual(limits.bytesMax)
  expect(marks.has(`999${'x'.repeat(4_000)}`, 0)).toBe(true)
})
