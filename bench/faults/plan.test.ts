import { expect, test } from 'vitest'
import { faultKinds, planFaults } from './plan.ts'

const tenMinutesMs = 600_000

test('the same seed plans the same faults, and another one others', () => {
  expect(planFaults(7, tenMinutesMs)).toEqual(planFaults(7, tenMinutesMs))
  expect(planFaults(7, tenMinutesMs)).not.toEqual(planFaults(8, tenMinutesMs))
})

test('ten minutes hold enough changes of the primary and deaths of origins, and some of every kind', () => {
  const kinds = planFaults(1, tenMinutesMs).map(({ kind }) => kind)
  const count = (...wanted: readonly string[]) => kinds.filter((kind) => wanted.includes(kind)).length
  expect(new Set(kinds)).toEqual(new Set(faultKinds))
  expect(count('kill primary', 'stop primary', 'step down')).toBeGreaterThan(120)
  expect(count('kill origin')).toBeGreaterThan(60)
})
