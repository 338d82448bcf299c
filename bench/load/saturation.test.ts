import { expect, it } from 'vitest'
import { limitOf } from './saturation.ts'

const calm = { cpuShare: 0.4, busy: 0.5, latenessP99Ms: 1, waited: 0 }

it.each([
  [calm, undefined],
  [{ ...calm, busy: 0.99 }, /busy 99 %/],
  [{ ...calm, latenessP99Ms: 180 }, /180 ms late/],
])('judges %o', (state, reason) => {
  if (reason === undefined) expect(limitOf(state)).toBeUndefined()
  else expect(limitOf(state)).toMatch(reason)
})
