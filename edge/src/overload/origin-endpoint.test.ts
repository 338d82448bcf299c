import { describe, expect, it } from 'vitest'
import { byPreference, type OriginEndpoint } from './origin-endpoint.ts'
import { OriginGate } from './origin-gate.ts'
import { Permit } from './permit.ts'

const endpoint = (url: string, rank: number, inflight = 0): OriginEndpoint => {
  const gate = new OriginGate()
  for (let index = 0; index < inflight; index += 1) {
    const permit = gate.reserve('critical', 0, 0)
    if (!(permit instanceof Permit)) throw new Error(`refused: ${permit}`)
    permit.start(0, {})
  }
  expect(gate.inflight).toBe(inflight)
  return { url, rank, gate }
}
const urls = (endpoints: readonly OriginEndpoint[], random = 0): readonly string[] =>
  byPreference(endpoints, () => random).map(({ url }) => url)

describe('the order in which a request tries the origins', () => {
  it('is by rank, however busy the preferred ones are', () => {
    const endpoints = [endpoint('main', 0, 3), endpoint('stand-in', 1)]
    expect(urls(endpoints)).toEqual(['main', 'stand-in'])
    expect(urls(endpoints, 0.9)).toEqual(['main', 'stand-in'])
  })

  it('is the least busy first within a rank', () => {
    const endpoints = [endpoint('a', 0, 2), endpoint('b', 0, 1), endpoint('c', 0), endpoint('far', 1)]
    for (const random of [0, 0.3, 0.6, 0.99]) expect(urls(endpoints, random)).toEqual(['c', 'b', 'a', 'far'])
  })

  it('is up to chance between equally busy ones, so that isolates do not all choose the same', () => {
    const endpoints = [endpoint('a', 0), endpoint('b', 0), endpoint('far', 1)]
    const first = [0, 0.1, 0.4, 0.5, 0.9].map((random) => urls(endpoints, random)[0])
    expect(new Set(first)).toEqual(new Set(['a', 'b']))
    for (const random of [0, 0.4, 0.9]) expect(urls(endpoints, random).at(-1)).toBe('far')
  })

  it('asks no chance where there is one origin', () => {
    const only = [endpoint('a', 0)]
    expect(
      byPreference(only, () => {
        throw new Error('asked')
      }),
    ).toBe(only)
  })
})
