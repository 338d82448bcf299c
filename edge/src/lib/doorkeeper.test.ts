import { expect, it } from 'vitest'
import { Doorkeeper } from './doorkeeper.ts'

it('knows a key at its second sighting', () => {
  const doorkeeper = new Doorkeeper(64)
  expect(doorkeeper.hasSeen('/v2/places?limit=20')).toBe(false)
  expect(doorkeeper.hasSeen('/v2/places?limit=20')).toBe(true)
  expect(doorkeeper.hasSeen('/v2/places?limit=20')).toBe(true)
})

it('tells keys apart that differ in one character, wherever it is', () => {
  const doorkeeper = new Doorkeeper(8_192)
  const keys = Array.from({ length: 60 }, (_, i) => `${'a'.repeat(i)}b${'a'.repeat(59 - i)}`)
  expect(keys.filter((key) => doorkeeper.hasSeen(key))).toEqual([])
})

it('forgets keys as others come, and stays as small as it was made', () => {
  const doorkeeper = new Doorkeeper(1)
  expect(doorkeeper.hasSeen('a')).toBe(false)
  expect(doorkeeper.hasSeen('b')).toBe(false)
  expect(doorkeeper.hasSeen('a')).toBe(false)
})
