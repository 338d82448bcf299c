import { expect, it } from 'vitest'
import { isCanonicalBase64Url } from './base64url.ts'

it.each([
  ['', true],
  ['AA', true],
  ['AB', false],
  ['AAA', true],
  ['AAB', false],
  ['AAAB', true],
  ['A', false],
  ['AA==', false],
  ['A A', false],
  ['AA\n', false],
  ['+/AA', false],
  ['-_AA', true],
])('%j is the one spelling of its bytes: %s', (text, isCanonical) => {
  expect(isCanonicalBase64Url(text)).toBe(isCanonical)
})
