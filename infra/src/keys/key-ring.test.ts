import { describe, expect, it } from 'vitest'
import { created, drop, KeyStepError, trust, trustedEverywhereMs, use } from './key-ring.ts'

const values = (ring: readonly { readonly value: string }[]) => ring.map(({ value }) => value)
const one = created('old', 0)
const two = trust(one, 'new', 1_000)
const ready = 1_000 + trustedEverywhereMs

describe('a rotation', () => {
  it('uses a new key only after it is trusted, and accepts the old one until it is dropped', () => {
    expect(values(two)).toEqual(['old', 'new'])
    expect(values(use(two, ready))).toEqual(['new', 'old'])
    expect(values(drop(use(two, ready)))).toEqual(['new'])
  })

  it('can be taken back before and after the new key is used', () => {
    expect(values(drop(two))).toEqual(['old'])
    expect(values(use(use(two, ready), ready))).toEqual(['old', 'new'])
  })

  it.each<[string, () => unknown, string]>([
    ['a key that some origin may not know yet', () => use(two, ready - 1_500), 'wait 2 s'],
    ['a third key', () => trust(two, 'third', ready), 'not finished'],
    ['a second key without a first', () => trust(undefined, 'new', 0), 'create one'],
    ['a key that is not there', () => use(one, ready), 'trust a new one'],
    ['the only key, dropped', () => drop(one), 'no other key to drop'],
  ])('refuses %s', (_name, step, message) => {
    expect(step).toThrow(KeyStepError)
    expect(step).toThrow(message)
  })
})
