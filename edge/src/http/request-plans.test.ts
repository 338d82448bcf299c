import { catalogue } from '@spillway/origin/contract'
import { notices } from '@spillway/origin/example/notices'
import { offers } from '@spillway/origin/example/offers'
import { resources } from '@spillway/origin/fixture'
import { beforeEach, describe, expect, it } from 'vitest'
import type { RequestPlan } from './request-plan.ts'
import { RequestPlans } from './request-plans.ts'
import { presumedTags } from './request-tags.ts'

const now = Date.UTC(2026, 7, 1)
let plans: RequestPlans

beforeEach(() => {
  plans = new RequestPlans(resources)
})

const plan = (method: string, target: string, nowMs = now): RequestPlan =>
  plans.plan(method, `https://api.example.com${target}`, nowMs)

describe('request plan', () => {
  it('gives equivalent queries one cache key and one target', () => {
    const first = plan('GET', '/v2/places?limit=5&kind[in]=capital,city&sort=name')
    const second = plan('GET', '/v2/places?sort=name&kind%5Bin%5D=city,capital&limit=5')
    expect(first).toMatchObject({ kind: 'read', pattern: '/v2/places' })
    expect(second).toMatchObject({ sharedKey: (first as { sharedKey: string }).sharedKey })
    expect(second).toMatchObject({ target: (first as { target: string }).target })
  })

  it('keeps the plan of a read that is asked for again, for both GET and HEAD', () => {
    const first = plan('GET', '/v2/places/1')
    const second = plan('HEAD', '/v2/places/1')
    expect(second).not.toBe(first)
    expect(second).toStrictEqual(first)
    expect(plan('GET', '/v2/places/1')).toBe(second)
  })

  it('gives no shared key if answers belong to one subject', () => {
    expect(plan('GET', '/v2/trips')).toMatchObject({ isStored: true, sharedKey: undefined, isOpen: false })
  })

  it('keeps versions apart', () => {
    const keys = ['/v1/places/1', '/v2/places/1'].map(
      (target) => (plan('GET', target) as { sharedKey: string }).sharedKey,
    )
    expect(new Set(keys).size).toBe(2)
  })

  it.each([
    ['POST', '/v2/places', '/v2/places'],
    ['POST', '/v2/places/batch', '/v2/places/batch'],
    ['PATCH', '/v2/places/secret-id', '/v2/places/:id'],
    ['GET', '/docs/start.js', '/docs/*'],
    ['GET', '/problems/not-found', '/problems/*'],
    ['GET', '/openapi.json', '/openapi.json'],
  ])('%s %s is logged as %s', (method, target, pattern) => {
    expect(plan(method, target)).toMatchObject({ pattern })
  })

  it.each([
    ['GET', '/livez', 'not-found'],
    ['GET', '/readyz', 'not-found'],
    ['GET', '/metrics', 'not-found'],
    ['GET', '/', 'not-found'],
    ['GET', '/docs/../metrics', 'not-found'],
    ['GET', '/docs/%2e%2e/metrics', 'not-found'],
    ['GET', '/docs\\..\\metrics', 'not-found'],
    ['GET', '/docs/.env', 'not-found'],
    ['GET', '/docsmetrics', 'not-found'],
    ['GET', '/v2/places/a%2Fb', 'not-found'],
    ['TRACE', '/v2/places', 'method-not-allowed'],
    ['DELETE', '/v2/places', 'method-not-allowed'],
    ['POST', '/docs', 'method-not-allowed'],
  ])('%s %s is refused: %s', (method, target, code) => {
    const kind = code === 'not-found' ? 'unmatched' : 'refused'
    expect(plan(method, target)).toMatchObject({ kind, problem: { code } })
  })

  it.each([
    ['GET', '/v2/places?nope=1', true],
    ['GET', '/v2/places?name[$ne]=', true],
    ['GET', '/v2/places?__proto__=1', true],
    ['GET', '/v2/advisories?nope=1', false],
    ['POST', '/v2/places?limit=1', false],
  ])('%s %s is not valid, which is said to those who may ask', (method, target, isOpen) => {
    expect(plan(method, target)).toMatchObject({
      kind: 'invalid',
      isOpen,
      problem: { code: 'invalid-query' },
    })
  })

  it('lists the allowed methods', () => {
    expect(plan('TRACE', '/v2/places')).toMatchObject({
      problem: { headers: { allow: 'GET, HEAD, POST, OPTIONS' } },
    })
    expect(plan('OPTIONS', '/v2/places/1')).toMatchObject({ kind: 'options' })
  })

  it('refuses a retired version from its date on, even if the plan is cached', () => {
    expect(plan('GET', '/v1/places/1')).toMatchObject({ kind: 'read' })
    expect(plan('GET', '/v1/places/1', Date.UTC(2027, 10, 2))).toMatchObject({
      problem: { code: 'version-gone' },
    })
  })
})

describe('plan of a change feed', () => {
  const feed = (method: string, target: string): RequestPlan =>
    new RequestPlans(catalogue(notices)).plan(method, `https://api.example.com${target}`, now)

  it('goes to the origin at background priority, by its canonical query', () => {
    expect(feed('GET', '/v1/notices/changes?wait=05&after=007')).toMatchObject({
      ...{ kind: 'feed', target: '/v1/notices/changes?after=7&wait=5', waitSeconds: 5 },
      ...{ pattern: '/v1/notices/changes', priority: 'background', isOpen: true },
    })
  })

  it.each([
    ['GET', '/v1/notices/changes?limit=5', { kind: 'invalid', problem: { code: 'invalid-query' } }],
    ['HEAD', '/v1/notices/changes', { kind: 'refused', problem: { code: 'method-not-allowed' } }],
    ['GET', '/v1/notices/changes/1', { kind: 'unmatched' }],
  ])('refuses %s %s', (method, target, expected) => {
    expect(feed(method, target)).toMatchObject(expected)
  })
})

describe('plan of a history', () => {
  const history = (method: string, target: string): RequestPlan =>
    new RequestPlans(catalogue(offers)).plan(method, `https://api.example.com${target}`, now)

  it('goes to the origin by its canonical query, under its own rule, and is not stored', () => {
    expect(history('GET', '/v1/offers/7/history?limit=005')).toMatchObject({
      ...{ kind: 'history', target: '/v1/offers/7/history?limit=5', pattern: '/v1/offers/:id/history' },
      ...{ access: offers.history?.read, isOpen: false },
    })
  })

  it.each([
    ['GET', '/v1/offers/7/history?sort=at', { kind: 'invalid', problem: { code: 'invalid-query' } }],
    ['GET', '/v1/offers/7/history?cursor=x', { kind: 'invalid', problem: { code: 'invalid-cursor' } }],
    ['HEAD', '/v1/offers/7/history', { kind: 'refused', problem: { code: 'method-not-allowed' } }],
    ['OPTIONS', '/v1/offers/7/history', { kind: 'options', allow: ['GET', 'OPTIONS'] }],
    ['GET', '/v1/offers/a%2Fb/history', { kind: 'unmatched' }],
    ['GET', '/v1/offers/7/history/1', { kind: 'unmatched' }],
  ])('refuses %s %s', (method, target, expected) => {
    expect(history(method, target)).toMatchObject(expected)
  })
})

describe('presumed tags', () => {
  const tags = (method: string, target: string): readonly string[] => {
    const found = plan(method, target)
    if (found.kind !== 'write') throw new Error('not a write')
    return presumedTags(found.route, 'alice')
  }
  it('are the document’s and its lists’', () => {
    expect(tags('PUT', '/v2/places/1')).toEqual(['places:1', 'places:*'])
    expect(tags('POST', '/v2/places')).toEqual(['places:*'])
    expect(tags('DELETE', '/v2/trips/7')).toEqual(['trips:7', 'trips:*:alice'])
  })
})

describe('reads of targets', () => {
  const all = (): Record<string, number> => Object.fromEntries(plans.takeReads(() => true))

  it('counts a target from its third read on, by any of its URLs, once', () => {
    for (let read = 0; read < 5; read += 1) {
      plan('GET', '/v2/places?limit=5&sort=name')
      plan('GET', '/v2/places?sort=name&limit=5')
    }
    plan('GET', '/v2/places/once')
    const { target } = plan('GET', '/v2/places?limit=5&sort=name') as { target: string }
    expect(all()).toEqual({ [target]: 7 })
    expect(all()).toEqual({})
  })

  it('leaves out what may not be counted', () => {
    for (let read = 0; read < 5; read += 1) plan('GET', '/v2/places/1')
    expect([...plans.takeReads(({ isOpen }) => !isOpen)]).toEqual([])
  })

  it('reads a target by the contract that is in force', () => {
    const { target, sharedKey } = plan('GET', '/v2/places?limit=5') as { target: string; sharedKey: string }
    expect(plans.readAt(target, now)).toMatchObject({ target, sharedKey })
    for (const none of ['/v2/ships', '/v2/places?colour=red', '//host/v2/places', 'v2/places', '/docs/', ''])
      expect(plans.readAt(none, now)).toBeUndefined()
  })
})
