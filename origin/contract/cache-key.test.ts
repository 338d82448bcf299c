import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { people } from '../docs/model/example/people.ts'
import { resources } from '../test/fixture/application.ts'
import { audienceOf, cacheKey } from './cache-key.ts'
import { findView, type View } from './catalogue.ts'

const places = findView(resources, 'v2', 'places') as View
const trips = findView(resources, 'v2', 'trips') as View

describe('cacheKey', () => {
  it('names version, resource, id and query', () => {
    const { shape } = places.representation
    expect(cacheKey({ ...places, id: '42' }, 'fields=id,name', 'alice')).toBe(
      `/v2.${shape}/places/42?fields=id,name`,
    )
    expect(cacheKey(places, 'limit=20&sort=name', undefined)).toBe(`/v2.${shape}/places?limit=20&sort=name`)
    expect(cacheKey({ ...trips, id: '7' }, '', 'alice')).toBe(
      `/~alice/v2.${trips.representation.shape}/trips/7`,
    )
  })

  it('is another one where documents are shown in another way', () => {
    const redeployed = { ...places, representation: { ...places.representation, shape: '0ther000' } }
    expect(cacheKey(redeployed, '', undefined)).not.toBe(cacheKey(places, '', undefined))
  })

  it('is shared by all subjects only where the answer is', () => {
    expect(cacheKey(places, '', 'alice')).toBe(cacheKey(places, '', 'bob'))
    expect(cacheKey(trips, '', 'alice')).not.toBe(cacheKey(trips, '', 'bob'))
    expect(() => cacheKey(trips, '', undefined)).toThrow(/needs a subject/)
  })

  it('is another one where other fields are shown, under a mark of its own', () => {
    const resource = { ...trips.resource, fieldAccess: people.fieldAccess }
    const keyOf = (subject: string, ...roles: string[]) =>
      cacheKey({ ...trips, resource }, '', audienceOf(resource, { subject, scopes: [], claims: { roles } }))
    expect(keyOf('a', 'hr')).toBe(
      `/+${encodeURIComponent('[["a",""]]')}/v2.${trips.representation.shape}/trips`,
    )
    expect(keyOf('a')).not.toBe(keyOf('a', 'hr'))
  })

  it('never meets the key of another subject, id or query', () => {
    const subject = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.isWellFormed())
    const id = fc.option(fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/), { nil: undefined })
    const query = fc.constantFrom('', 'limit=1', 'limit=2&sort=id')
    const one = fc.tuple(subject, id, query)
    fc.assert(
      fc.property(one, one, (a, b) => {
        const [left, right] = [a, b].map(([subject, id, query]) =>
          cacheKey({ ...trips, ...(id !== undefined && { id }) }, query, subject),
        )
        expect(left === right).toBe(JSON.stringify(a) === JSON.stringify(b))
      }),
    )
  })
})
