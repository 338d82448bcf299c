import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { people } from '../docs/model/example/people.ts'
import { resources } from '../test/fixture/application.ts'
import { principal, rule } from '../test/support/access-samples.ts'
import { Audience, all, decideAccess, owner, tenant } from './access.ts'
import { audienceOf, cacheKey } from './cache-key.ts'
import { narrowToWide, resolveCacheRule, type Visibility, widestVisibility } from './cache-policy.ts'
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

  it('tells the tokens of one subject apart where claims decide what its owner may read', () => {
    const read = all(owner('ownerId'), tenant('office', 'org'))
    const resource = {
      ...trips.resource,
      audiences: { ...trips.resource.audiences, read: new Audience(read) },
    }
    const keyOf = (subject: string, ...org: string[]) =>
      cacheKey({ ...trips, resource }, '', audienceOf(resource, { subject, scopes: [], claims: { org } }))
    expect(keyOf('a', 'oslo')).not.toBe(keyOf('a', 'rome'))
    expect(keyOf('a', 'oslo')).not.toBe(keyOf('b', 'oslo'))
    expect(keyOf('a', 'oslo')).toBe(keyOf('a', 'oslo'))
  })

  it('is shared by callers of one residual alone, whatever the rule', () => {
    const wanted = fc.constantFrom<Visibility>('subject', 'residual', 'authorized', 'public')
    let shared = 0
    fc.assert(
      fc.property(rule, wanted, principal, principal, (read, asked, one, other) => {
        const widest = widestVisibility(read)
        // A definition may ask for a narrower audience, and not for a wider one.
        const visibility = narrowToWide.indexOf(asked) < narrowToWide.indexOf(widest) ? asked : widest
        const cache = resolveCacheRule({ maxAge: '1m', visibility }, read)
        const audience = new Audience(read)
        const resource = {
          ...trips.resource,
          cache,
          audiences: { ...trips.resource.audiences, read: audience },
        }
        const admitted = [one, other].filter((who) => decideAccess(read, who).outcome === 'allowed')
        // A definition whose answers are of one subject admits nobody else: `definition-check.ts`.
        if (visibility === 'subject' && admitted.includes(undefined)) return
        const keys = admitted.map((who) => cacheKey({ ...trips, resource }, '', audienceOf(resource, who)))
        if (keys.length < 2 || keys[0] !== keys[1]) return
        shared += 1
        expect(audience.of(one).text).toBe(audience.of(other).text)
      }),
      { numRuns: 20_000 },
    )
    expect(shared).toBeGreaterThan(100)
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
