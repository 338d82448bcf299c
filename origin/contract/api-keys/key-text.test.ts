import { crc32 } from 'node:zlib'
import { expect, it } from 'vitest'
import { base62, keyIdIn, keyLength, keyText, looksLikeKey } from './key-text.ts'

const id = 'AbCdEf012345'
const secret = 's3cr3T'.repeat(8).slice(0, 43)
const key = keyText(id, secret)

it('ends in the CRC-32 of the rest, in base 62', () => {
  const digits = [...key.slice(-6)].reduce((value, digit) => value * 62 + base62.indexOf(digit), 0)
  expect(digits).toBe(crc32(key.slice(0, -6)))
})

it('gives the id of a key', () => {
  expect(key).toMatch(/^spw_[0-9A-Za-z]{61}$/)
  expect(key).toHaveLength(keyLength)
  expect(keyIdIn(key)).toBe(id)
})

it.each([
  ['nothing', ''],
  ['the prefix alone', 'spw_'],
  ['another prefix', key.replace('spw_', 'spx_')],
  ['a capital prefix', key.replace('spw_', 'SPW_')],
  ['a character less', key.slice(0, -1)],
  ['a character more', `${key}A`],
  ['a character that is no digit', key.replace(/.(?=.{6}$)/, '-')],
  ['a letter that is not ASCII', key.replace(/.(?=.{6}$)/, 'é')],
  ['a blank before', ` ${key.slice(1)}`],
  ['a newline at the end', `${key.slice(0, -1)}\n`],
  ['two keys', key + key],
])('takes no key with %s', (_name, text) => {
  expect(keyIdIn(text)).toBeUndefined()
})

it('notices every change of one character', () => {
  for (let i = 4; i < keyLength; i += 1) {
    for (const digit of base62) {
      const changed = key.slice(0, i) + digit + key.slice(i + 1)
      if (changed !== key) expect(keyIdIn(changed)).toBeUndefined()
    }
  }
})

it('notices two neighbours that are swapped', () => {
  for (let i = 4; i < keyLength - 1; i += 1) {
    const swapped = key.slice(0, i) + key.charAt(i + 1) + key.charAt(i) + key.slice(i + 2)
    if (swapped !== key) expect(keyIdIn(swapped)).toBeUndefined()
  }
})

it('looks at no character beyond the length of a key', () => {
  let reads = 0
  const endless = {
    length: 10_000_000,
    startsWith: () => true,
    charCodeAt: () => {
      reads += 1
      return 65
    },
  }
  // The cast: a text that counts what is read of it.
  expect(keyIdIn(endless as unknown as string)).toBeUndefined()
  expect(reads).toBe(0)
})

it('tells a key from a token', () => {
  expect(looksLikeKey(key)).toBe(true)
  expect(looksLikeKey('eyJhbGciOiJFUzI1NiJ9.e30.x')).toBe(false)
})
