import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BoundedMap } from './bounded-map.ts'

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
