import { describe, expect, it } from 'vitest'
import { isRevoked, readControl } from './control.ts'

const token = (subject: string, tokenId?: string, issuedAtSeconds?: number) => ({
  principal: { subject },
  tokenId,
  issuedAtSeconds,
})

const switchAt = (value: string | null) => (value === null ? [] : [{ name: 'shed', value }])

describe('control', () => {
  const control = readControl(
    [
      { name: 'revoked:jti:stolen' },
      { name: 'revoked:sub:mallory' },
      { name: 'revoked:sub:bob', metadata: { issuedBefore: 1_000 } },
      { name: 'revoked:sub:carol', metadata: { issuedBefore: 'soon' } },
      { name: 'revoked:sub:with:colons' },
      { name: 'revoked:other:x' },
      { name: 'revoked:sub:erin', expiration: 1_000 },
      { name: 'revoked:sub:frank', expiration: 1_001 },
    ],
    1_000_000,
  )

  it.each([
    ['a revoked id', token('alice', 'stolen'), true],
    ['another id', token('alice', 'mine'), false],
    ['no id', token('alice'), false],
    ['a revoked subject', token('mallory', 'any', 9_999), true],
    ['a subject revoked up to an instant, issued before it', token('bob', undefined, 999), true],
    ['a subject revoked up to an instant, issued at it', token('bob', undefined, 1_000), false],
    ['a subject revoked up to an instant, issued nobody knows when', token('bob'), true],
    ['a subject with metadata that is none', token('carol', undefined, 9_999), true],
    ['a subject with colons', token('with:colons'), true],
    ['the name of a kind', token('x'), false],
    ['a subject whose revocation has expired', token('erin'), false],
    ['a subject whose revocation expires in a second', token('frank'), true],
  ])('%s', (_name, given, expected) => {
    expect(isRevoked(control, given)).toBe(expected)
  })

  it.each([
    [null, undefined],
    ['none', undefined],
    ['background', 'background'],
    ['normal', 'normal'],
    ['normal\n', 'normal'],
    [' NORMAL ', 'normal'],
    ['Background', 'background'],
    ['None\n', undefined],
    ['', undefined],
  ])('shed: %j', (value, expected) => {
    expect(readControl(switchAt(value), 0)).toMatchObject({ shed: expected })
    expect(readControl(switchAt(value), 0).mistake).toBeUndefined()
  })

  it.each(['critical', 'everything', 'nromal', 'normal background'])(
    'tells that %j sheds nothing',
    (value) => {
      const { shed, mistake } = readControl(switchAt(value), 0)
      expect(shed).toBeUndefined()
      expect(mistake).toBe(`shed is "${value}", so nothing is shed: set it to background, normal or none`)
    },
  )
})
