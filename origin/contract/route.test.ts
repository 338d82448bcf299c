import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { resources } from '../test/fixture/application.ts'
import { anyone, never } from './access.ts'
import { catalogue, viewsOf } from './catalogue.ts'
import { lifecycleHeaders, lifecycleStage } from './lifecycle.ts'
import { asStored, resource } from './resource.ts'
import { matchRoute, routesOf } from './route.ts'

const match = (method: string, path: string): unknown => {
  const found = matchRoute(resources, method, path)
  switch (found.kind) {
    case 'route':
      return [found.route.operation, found.route.version, found.route.resource.name, found.route.id]
    case 'notFound':
      return found.detail
    default:
      return [found.kind, found.allow.join()]
  }
}

describe('matchRoute', () => {
  it.each([
    ['GET', '/v2/places', ['list', 'v2', 'places', undefined]],
    ['HEAD', '/v1/places', ['list', 'v1', 'places', undefined]],
    ['POST', '/v2/trips', ['create', 'v2', 'trips', undefined]],
    ['POST', '/v2/trips/batch', ['batchCreate', 'v2', 'trips', undefined]],
    ['GET', '/v2/places/2988507', ['read', 'v2', 'places', '2988507']],
    ['PUT', '/v2/trips/a-b_c', ['replace', 'v2', 'trips', 'a-b_c']],
    ['PATCH', '/v2/trips/1', ['patch', 'v2', 'trips', '1']],
    ['DELETE', '/v2/trips/1', ['delete', 'v2', 'trips', '1']],
    ['DELETE', '/v2/trips', ['methodNotAllowed', 'GET,HEAD,POST,OPTIONS']],
    ['POST', '/v2/trips/1', ['methodNotAllowed', 'GET,HEAD,PUT,PATCH,DELETE,OPTIONS']],
    ['GET', '/v2/trips/batch', ['methodNotAllowed', 'POST,OPTIONS']],
    ['constructor', '/v2/trips', ['methodNotAllowed', 'GET,HEAD,POST,OPTIONS']],
    ['OPTIONS', '/v2/trips/1', ['options', 'GET,HEAD,PUT,PATCH,DELETE,OPTIONS']],
  ])('%s %s', (method, path, expected) => {
    expect(match(method, path)).toEqual(expected)
  })

  it.each([
    ['/', /start with a version: \/v1, \/v2/],
    ['/v3/places', /start with a version/],
    ['/v2', /v2 has places, trips, advisories/],
    ['/v1/trips', /'trips' is not in v1; it is in v2/],
    ['/v2/__proto__', /v2 has/],
    ['/v2/places/', /No such path/],
    ['/v2/places/1/2', /No such path/],
    ['/v2/places/a%2Fb', /must be 1 to 64/],
    ['/v2/places/..', /must be 1 to 64/],
    ['//v2/places', /start with a version/],
    ['/V2/places', /start with a version/],
    ['/v2/places%2F1', /v2 has/],
    [`/v2/places/${'a'.repeat(65)}`, /must be 1 to 64/],
  ])('finds nothing at %s and says what there is', (path, detail) => {
    expect(match('GET', path)).toMatch(detail)
  })

  it('has no operation whose access rule is never', () => {
    const schema = Type.Object({ text: Type.String() })
    const logs = resource('logs', {
      description: 'Logs.',
      schema,
      access: { read: anyone, create: anyone, update: never, delete: never },
      batchSizeMax: 0,
      versions: [asStored('v1', schema)],
    })
    const known = catalogue(logs)
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      expect(matchRoute(known, method, '/v1/logs/1')).toEqual({
        kind: 'methodNotAllowed',
        allow: ['GET', 'HEAD', 'OPTIONS'],
      })
    }
    expect(
      viewsOf(known)
        .flatMap(routesOf)
        .map(({ method, path }) => `${method} ${path}`),
    ).toEqual(['GET /v1/logs', 'POST /v1/logs', 'GET /v1/logs/:id'])
  })

  it('matches every route of routesOf', () => {
    for (const view of viewsOf(resources)) {
      for (const { method, path, operation } of routesOf(view)) {
        const found = matchRoute(resources, method, path.replace(':id', '1'))
        expect(found).toMatchObject({ kind: 'route', route: { operation, version: view.version } })
      }
    }
  })
})

describe('retirement of a version', () => {
  const view = viewsOf(resources).find(
    ({ version, resource }) => version === 'v1' && resource.name === 'places',
  )
  if (view === undefined) throw new Error('the sample application retires v1 of places')

  it.each([
    ['2026-10-31T23:59:59Z', 'active'],
    ['2026-11-01T00:00:00Z', 'deprecated'],
    ['2027-10-31T23:59:59Z', 'deprecated'],
    ['2027-11-01T00:00:00Z', 'gone'],
  ])('at %s it is %s', (now, stage) => {
    expect(lifecycleStage(view, Date.parse(now))).toBe(stage)
  })

  it('is announced by the headers of RFC 9745 and RFC 8594', () => {
    expect(lifecycleHeaders(view)).toEqual([
      ['deprecation', '@1793491200'],
      ['link', '</v2/places>; rel="successor-version"'],
      ['sunset', 'Mon, 01 Nov 2027 00:00:00 GMT'],
    ])
  })
})
