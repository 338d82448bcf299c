import { describe, expect, it } from 'vitest'
import { seededRandom } from './random.ts'
import { type Mix, Workload } from './workload.ts'

const ids = Array.from({ length: 1_000 }, (_, i) => `id-${i}`)
const workload = (mix: Mix, seed = 1) =>
  new Workload({ mix, ids, headersOf: (user) => ({ user: String(user) }), random: seededRandom(seed) })

describe('a workload', () => {
  it('keeps to its mix', () => {
    const mixed = workload({ read: 90, create: 10 })
    const methods = Array.from({ length: 10_000 }, () => mixed.next(0).call.method)
    const creates = methods.filter((method) => method === 'POST').length
    // Four standard deviations of a binomial count.
    expect(Math.abs(creates - 1_000)).toBeLessThan(4 * 30)
  })

  it('sends the same requests for the same seed', () => {
    const paths = (seed: number) => {
      const search = workload({ read: 1, search: 1 }, seed)
      return Array.from({ length: 50 }, () => search.next(0).call.path)
    }
    expect(paths(5)).toEqual(paths(5))
    expect(paths(5)).not.toEqual(paths(6))
  })

  it('sends each user’s own headers', () => {
    expect(workload({ read: 1 }).next(7).call.headers).toEqual({ user: '7' })
  })

  it('never sends one Idempotency-Key twice', () => {
    const creates = workload({ create: 1 })
    const keys = Array.from({ length: 100 }, () => creates.next(0).call.headers['idempotency-key'])
    expect(new Set(keys).size).toBe(100)
  })

  it('refuses an empty mix', () => {
    expect(() => workload({})).toThrow(RangeError)
  })
})

describe('updates', () => {
  const learned = () => {
    const updates = workload({ update: 1 })
    updates.learn('a', '"1"')
    return updates
  }

  it('read the ETags of their documents first', () => {
    expect(workload({ update: 1 }).idsToLearn).toHaveLength(256)
    expect(workload({ read: 1 }).idsToLearn).toHaveLength(0)
  })

  it('send the newest tag, and never two at once to one document', () => {
    const updates = learned()
    const first = updates.next(0)
    expect(first.call).toMatchObject({ method: 'PATCH', headers: { 'if-match': '"1"' } })
    expect(updates.next(0).call.method).toBe('GET')
    first.answered?.(200, '"2"')
    expect(updates.next(0).call.headers['if-match']).toBe('"2"')
  })

  it('keep the tag of a document that a refused request did not touch', () => {
    const updates = learned()
    updates.next(0).answered?.(503, undefined)
    expect(updates.next(0).call.headers['if-match']).toBe('"1"')
  })

  it('skip a document whose ETag is no longer known', () => {
    const updates = learned()
    updates.next(0).answered?.(412, undefined)
    expect(updates.next(0).call.method).toBe('GET')
  })
})
