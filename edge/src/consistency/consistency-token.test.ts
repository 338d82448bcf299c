import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import {
  clockSkewMs,
  formatConsistency,
  landsWithinMs,
  listedTokens,
  type Mac,
  mergeConsistency,
  parseConsistency,
  rememberWrite,
} from './consistency-token.ts'

const mac: Mac = (text) => bytesToHex(sha256(new TextEncoder().encode(`key\n${text}`)))
const usableMs = (): number => 60_000

describe('consistency token', () => {
  it('tells the writer what it wrote', () => {
    const consistency = new Map([
      ['places', 1_700_000_000_000],
      ['travel-advisories', 1_700_000_000_001],
    ])
    const token = formatConsistency('alice', consistency, mac)
    expect(parseConsistency('alice', token, mac)).toEqual(consistency)
    expect(parseConsistency('bob', token, mac)).toBeUndefined()
  })

  it('is safe in a header and in a cookie (RFC 6265 §4.1.1)', () => {
    const token = formatConsistency('alice', new Map([['places', Date.UTC(2026, 7, 1)]]), mac)
    expect(token).toMatch(/^[\w.-]+$/)
  })

  it.each(['', '.', 'x', 'x.', '.places-0', 'AAAA.places-lx1', 'a'.repeat(2_000)])('%j is none', (token) => {
    expect(parseConsistency('alice', token, mac)).toBeUndefined()
  })

  it('allows one second of clock skew, and drops entries that no cache can contradict', () => {
    const first = rememberWrite(new Map(), { resource: 'places', landedAtMs: 0 }, 0, usableMs)
    expect(first).toEqual(new Map([['places', 1_000]]))
    const second = rememberWrite(first, { resource: 'trips', landedAtMs: 30_000 }, 30_000, usableMs)
    expect([...second.keys()]).toEqual(['places', 'trips'])
    const third = rememberWrite(second, { resource: 'trips', landedAtMs: 70_000 }, 70_000, usableMs)
    expect(third).toEqual(new Map([['trips', 71_000]]))
  })

  it('does not shorten the wait for a pending write after another write', () => {
    const unknown = rememberWrite(new Map(), { resource: 'trips', landedAtMs: landsWithinMs }, 0, usableMs)
    const known = rememberWrite(unknown, { resource: 'trips', landedAtMs: 500 }, 500, usableMs)
    expect(known.get('trips')).toBe(landsWithinMs + clockSkewMs)
  })

  it('merges with other tokens to the latest instant per resource', () => {
    const merged = mergeConsistency([
      new Map([
        ['places', 5],
        ['trips', 1],
      ]),
      new Map([['places', 3]]),
      new Map(),
    ])
    expect(merged).toEqual(
      new Map([
        ['places', 5],
        ['trips', 1],
      ]),
    )
  })

  it.each([
    ['a.x-1', ['a.x-1']],
    ['a.x-1, b.y-2 ,c.z-3', ['a.x-1', 'b.y-2', 'c.z-3']],
    [' , ,', []],
    ['', []],
    [
      Array.from({ length: 12 }, (_, index) => `t${index}`).join(),
      ['t4', 't5', 't6', 't7', 't8', 't9', 't10', 't11'],
    ],
  ])('is read from a list, of which the last eight count: %j', (field, tokens) => {
    expect(listedTokens(field)).toEqual(tokens)
  })

  it('keeps the newest of very many resources', () => {
    const many = new Map(Array.from({ length: 40 }, (_, index) => [`r${index}`, index]))
    const read = parseConsistency('alice', formatConsistency('alice', many, mac), mac)
    expect(read?.size).toBe(16)
    expect(read?.get('r39')).toBe(39)
  })
})
