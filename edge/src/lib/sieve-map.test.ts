import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SieveMap } from './sieve-map.ts'

const open = (bytesMax: number, countMax: number, left: string[] = []) =>
  new SieveMap<number>({ bytesMax, countMax, bytesOf: (_, size) => size, onLeave: (key) => left.push(key) })

describe('SIEVE (NSDI 2024)', () => {
  test('evicts the oldest unvisited entry, and spares a visited one once', () => {
    const left: string[] = []
    const map = open(100, 3, left)
    for (const key of ['a', 'b', 'c']) map.set(key, 1)
    map.get('a')
    map.set('d', 1)
    map.set('e', 1)
    map.set('f', 1)
    expect(left).toEqual(['b', 'c', 'd'])
    expect(map.get('a')).toBe(1)
  })

  test('the hand continues where it stopped, past visited entries, and wraps around', () => {
    const left: string[] = []
    const map = open(100, 2, left)
    map.set('a', 1)
    map.set('b', 1)
    map.get('a')
    map.get('b')
    map.set('c', 1)
    map.set('d', 1)
    expect(left).toEqual(['a', 'b'])
  })

  test('is bounded by bytes, and rejects a value that cannot fit', () => {
    const left: string[] = []
    const map = open(10, 100, left)
    map.set('a', 6)
    map.set('b', 6)
    expect([map.size, map.bytes, left]).toEqual([1, 6, ['a']])
    map.set('b', 11)
    expect([map.size, map.bytes, left]).toEqual([0, 0, ['a', 'b']])
  })

  test('never exceeds its bounds and counts correctly, in random operations', () => {
    // Some keys share an ending, so that their table slot alone must not decide.
    const key = fc.constantFrom('a', 'b', 'c', 'a-12345678', 'b-12345678', 'a-23456789')
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), key, size: fc.nat(12) }),
      fc.record({ kind: fc.constantFrom('get' as const, 'delete' as const), key, size: fc.constant(0) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const held = new Map<string, number>()
        const map = new SieveMap<number>({
          bytesMax: 20,
          countMax: 4,
          bytesOf: (_, size) => size,
          onLeave: (left) => held.delete(left),
        })
        for (const { kind, key: name, size } of steps) {
          if (kind === 'delete') map.delete(name)
          else if (kind === 'set') {
            map.set(name, size)
            if (size <= 20) held.set(name, size)
          } else expect(map.get(name)).toBe(held.get(name))
          expect([map.size, map.bytes]).toEqual([
            held.size,
            [...held.values()].reduce((sum, each) => sum + each, 0),
          ])
          expect(map.size <= 4 && map.bytes <= 20).toBe(true)
        }
      }),
    )
  })

  test('keeps used entries through a flood of one-time keys', () => {
    const map = open(100_000, 100)
    map.set('hot', 1)
    for (let index = 0; index < 1_000; index += 1) {
      map.get('hot')
      map.set(`cold-${index}`, 1)
    }
    expect(map.get('hot')).toBe(1)
  })

  test('distinguishes keys with equal endings', () => {
    const map = open(100, 4)
    const [one, other] = ['a.the-same-ending', 'b.the-same-ending']
    map.set(one, 1)
    expect([map.get(one), map.get(other)]).toEqual([1, undefined])
    map.set(other, 2)
    expect([map.get(one), map.get(other), map.get(one)]).toEqual([1, 2, 1])
  })

  test('counts the hits of each entry since the last count', () => {
    const map = open(100, 4)
    const taken = () => {
      const hits: [value: number, hits: number][] = []
      map.takeHits((...hit) => hits.push(hit))
      return hits
    }
    for (const [key, value] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ] as const)
      map.set(key, value)
    for (const key of ['a', 'c', 'c', 'none']) map.get(key)
    map.peek('b')
    expect(taken()).toEqual([
      [1, 1],
      [3, 2],
    ])
    map.get('b')
    expect([taken(), taken()]).toEqual([[[2, 1]], []])
  })

  test('a count changes nothing about which entries leave', () => {
    const leftAfter = (count: (map: SieveMap<number>) => void): string[] => {
      const left: string[] = []
      const map = open(100, 3, left)
      for (const key of ['a', 'b', 'c']) map.set(key, 1)
      map.get('b')
      count(map)
      map.set('d', 1)
      map.get('d')
      count(map)
      for (const key of ['e', 'f', 'g', 'h']) {
        map.set(key, 1)
        count(map)
      }
      return left
    }
    const uncounted = leftAfter(() => {})
    expect(leftAfter((map) => map.takeHits(() => {}))).toEqual(uncounted)
    expect(uncounted[0]).toBe('a')
  })
})
