import { expect, test } from 'vitest'
import { endsStored } from './ends-stored.ts'
import { apiRules, passThroughRules } from './rules.ts'
import type { NotStored } from './storability.ts'

test.each<[number, NotStored, boolean]>([
  [200, 'private', true],
  [200, 'no-store', true],
  [200, 'too-large', true],
  [200, 'set-cookie', true],
  [200, 'authorization', false],
  [301, 'no-store', true],
  [404, 'no-store', true],
  [404, 'no-use', true],
  [410, 'no-store', true],
  [451, 'no-store', true],
  [206, 'status', false],
  [304, 'status', false],
  [400, 'no-store', false],
  [412, 'no-store', false],
  [429, 'no-store', false],
  [500, 'no-store', false],
  [503, 'no-store', false],
])('%i that is not stored (%s) ends what is: %s', (status, why, expected) => {
  expect(endsStored(status, why, passThroughRules)).toBe(expected)
  expect(endsStored(status, why, apiRules)).toBe(expected)
})

test.each([401, 403])('%i ends it unless who may see it was decided before', (status) => {
  expect(endsStored(status, 'no-store', passThroughRules)).toBe(true)
  expect(endsStored(status, 'no-store', apiRules)).toBe(false)
})
