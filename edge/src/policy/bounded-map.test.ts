import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BoundedMap } from './bounded-map.ts'

const join = (parts: readonly string[]): string => parts.join('')

describe('bounded map', () => {
  it('evicts what nobody has looked up, in order of arrival', () => {
    const map = new BoundedMap<number>({ countMax: 3, weightMax: 100 })
    for (const [index, key] of ['a', 'b', 'c'].entries()) map.set(key, index, 1)
    map.get('a')
    map.set('d', 3, 1)
    expect([map.get('a'), map.get('b'), map.get('c'), map.get('d')]).toEqual([0, undefined, 2, 3])
  })

  it('keeps what is used through a flood of keys seen once', () => {
    const map = new BoundedMap<string>({ countMax: 100, weightMax: 100_000 })
    map.set('hot', 'kept', 1)
    for (let index = 0; index < 1_000; index += 1) {
      map.get('hot')
      map.set(`cold-${index}`, 'lost', 1)
    }
    expect(map.get('hot')).toBe('kept')
  })

  it('refuses a value that alone outweighs it, and forgets the one it would have replaced', () => {
    const map = new BoundedMap<string>({ countMax: 10, weightMax: 10 })
    map.set('key', 'old', 5)
    map.set('key', 'new', 11)
    expect(map.get('key')).toBeUndefined()
    expect(map.weight).toBe(0)
  })

  it('tells keys apart that end alike, however often one or the other is looked up', () => {
    const map = new BoundedMap<string>({ countMax: 4, weightMax: 100 })
    const [one, other] = ['a.the-same-ending', 'b.the-same-ending']
    map.set(one, 'one', 1)
    expect([map.get(one), map.get(other)]).toEqual(['one', undefined])
    map.set(other, 'other', 1)
    expect([map.get(one), map.get(other), map.get(one)]).toEqual(['one', 'other', 'one'])
  })

  it('agrees with a plain map while there is room, however its keys end', () => {
    const step = fc.record({
      verb: fc.constantFrom('get', 'set', 'delete'),
      key: fc.tuple(fc.constantFrom('', 'a', 'b'), fc.constantFrom('12345678', '23456789', '1')).map(join),
      value: fc.nat(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const map = new BoundedMap<number>({ countMax: 9, weightMax: 9 })
        const model = new Map<string, number>()
        for (const { verb, key, value } of steps) {
          if (verb === 'get') expect(map.get(key)).toBe(model.get(key))
          else if (verb === 'set') {
            map.set(key, value, 1)
            model.set(key, value)
          } else {
            map.delete(key)
            model.delete(key)
          }
        }
      }),
    )
  })

  it('stays within both limits whatever is done to it', () => {
    const step = fc.record({
      verb: fc.constantFrom('get', 'set', 'delete'),
      key: fc.constantFrom(...'abcdefgh'),
      weight: fc.integer({ min: 0, max: 12 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const map = new BoundedMap<number>({ countMax: 4, weightMax: 20 })
        for (const { verb, key, weight } of steps) {
          if (verb === 'set') map.set(key, weight, weight)
          else if (verb === 'get') map.get(key)
          else map.delete(key)
          if (map.size > 4 || map.weight > 20 || map.weight < 0) return false
        }
        return true
      }),
    )
  })
})
