import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { events } from '../docs/model/example/events.ts'
import { venues } from '../docs/model/example/venues.ts'
import { anyone, owner, scope } from './access.ts'
import { defineApplication } from './application.ts'
import { audienceOf, cacheKey } from './cache-key.ts'
import { findView, type View } from './catalogue.ts'
import { expansionsOf, joinedCacheRule } from './expand.ts'
import type { Principal } from './principal.ts'
import { parseListQuery, parseReadQuery } from './query.ts'
import { asStored, resource } from './resource.ts'

const stored = Type.Object({
  ownerId: Type.String(),
  newsId: Type.String(),
  otherIds: Type.Optional(Type.Array(Type.String(), { maxItems: 100 })),
})
const secret = { cache: { maxAge: '1m', staleIfError: '1h' }, versions: [asStored('v1', stored)] } as const
const news = resource('news', {
  ...secret,
  description: 'News of everybody.',
  schema: stored,
  access: { read: anyone, write: scope('news:write') },
  references: { newsId: 'news', otherIds: 'news', ownerId: 'people' },
})
const people = resource('people', {
  ...secret,
  description: 'People, for those with a scope.',
  schema: stored,
  access: { read: scope('people:read'), write: scope('people:write') },
  references: { newsId: 'logs' },
})
const logs = resource('logs', {
  description: 'Not stored at the edge.',
  schema: stored,
  access: { read: owner('ownerId'), write: owner('ownerId') },
  indexes: [{ fields: { ownerId: 1 } }],
  versions: [
    asStored('v2', stored, { readOnly: ['ownerId'] }),
    asStored('v1', stored, { readOnly: ['ownerId'] }),
  ],
})
const { resources } = defineApplication({
  name: 'expand',
  title: 'Expand',
  summary: 'Expansions.',
  resources: [events, venues, news, people, logs],
})
const viewOf = (name: string, version = 'v1') => findView(resources, version, name) as View
const readOf = (view: View, search: string) => {
  const parsed = parseReadQuery(view, search)
  if (!parsed.ok) throw new Error(parsed.problem.detail)
  return parsed.value
}
const alice: Principal = { subject: 'alice', scopes: [] }
const reader: Principal = { subject: 'alice', scopes: ['people:read'] }

describe('expand', () => {
  it('is of the references that a version shows, to resources that it has', () => {
    expect(expansionsOf(viewOf('events')).map(({ name, idsMax }) => [name, idsMax])).toEqual([
      ['venueId', 1],
      ['fallbackIds', 5],
    ])
    expect(expansionsOf(viewOf('venues'))).toEqual([])
    expect(expansionsOf(viewOf('logs', 'v2'))).toEqual([])
  })

  it('has one spelling, on documents and lists', () => {
    const view = viewOf('events')
    expect(readOf(view, 'fields=title&expand=venueId,fallbackIds').canonical).toBe(
      'expand=fallbackIds,venueId&fields=id,title',
    )
    const list = parseListQuery(view, 'expand=venueId')
    expect(list.ok && list.value.canonical).toBe('expand=venueId&limit=20&sort=id')
  })

  it.each([
    ['expand=venue', 'Unknown reference. Supported: venueId, fallbackIds.'],
    ['expand=venueId,venueId', "Duplicate reference 'venueId'."],
  ])('refuses %s', (search, detail) => {
    const parsed = parseReadQuery(viewOf('events'), search)
    expect(parsed.ok ? [] : parsed.problem.errors).toEqual([{ parameter: 'expand', detail }])
  })

  it('refuses a list that may name more documents than are looked up for one answer', () => {
    const parsed = parseListQuery(viewOf('news'), 'expand=otherIds&limit=11')
    expect(parsed.ok ? '' : parsed.problem.detail).toContain(
      'Too many documents to expand: 1100, at most 1000',
    )
    expect(parseListQuery(viewOf('news'), 'expand=otherIds&limit=10').ok).toBe(true)
  })

  it('is an unknown parameter where there is nothing to expand', () => {
    const parsed = parseReadQuery(viewOf('venues'), 'expand=ownerId')
    expect(parsed.ok ? '' : parsed.problem.detail).toContain('Supported: fields.')
  })
})

describe('the key of an expanded answer', () => {
  const keyOf = (name: string, expand: string, principal: Principal | undefined) => {
    const view = viewOf(name)
    const query = readOf(view, `expand=${expand}`)
    const audience = audienceOf(view.resource, principal, query.expand)
    return cacheKey({ ...view, id: '1' }, query.canonical, audience, query.expand)
  }

  it('is the same for everybody where all of it is public, and names both shapes', () => {
    const { shape } = viewOf('news').representation
    expect(keyOf('news', 'newsId', alice)).toBe(`/v1.${shape}.${shape}/news/1?expand=newsId`)
    expect(keyOf('news', 'newsId', undefined)).toBe(keyOf('news', 'newsId', alice))
  })

  it('tells apart who may and who may not read the other documents, though the rule of the first is the same', () => {
    const keys = [undefined, alice, reader].map((principal) => keyOf('news', 'ownerId', principal))
    expect(keys[0]).toBe(keys[1])
    expect(keys[2]).not.toBe(keys[1])
    expect(keyOf('events', 'venueId', undefined)).not.toBe(keyOf('events', 'venueId', alice))
    expect(keyOf('events', 'venueId', { ...alice, subject: 'bob' })).not.toBe(
      keyOf('events', 'venueId', alice),
    )
  })
})

it('an expanded answer is stored no longer and no wider than each of its parts, and not where one is not', () => {
  const ofEvents = readOf(viewOf('news'), 'expand=ownerId')
  expect(joinedCacheRule(viewOf('news').resource.cache, ofEvents.expand ?? [])).toEqual({
    kind: 'stored',
    visibility: 'authorized',
    maxAgeSeconds: 60,
    staleWhileRevalidateSeconds: 0,
    staleIfErrorSeconds: 3_600,
    listsBy: [],
  })
  const ofPeople = readOf(viewOf('people'), 'expand=newsId')
  expect(joinedCacheRule(viewOf('people').resource.cache, ofPeople.expand ?? [])).toEqual({ kind: 'none' })
})
