import { describe, expect, it } from 'vitest'
import { type Bindings, ConfigError, readConfig } from './config.ts'

const good: Bindings = {
  ORIGINS: 'https://a.example/, http://127.0.0.1:3000',
  TOKEN_ISSUERS: JSON.stringify([
    {
      issuer: 'https://login.example/',
      jwksUri: 'https://login.example/jwks',
      audience: 'spillway',
      algorithms: ['ES256'],
    },
  ]),
  ASSERTION_KEY: JSON.stringify({ kty: 'OKP', crv: 'Ed25519', kid: 'k', x: 'x', d: 'top-secret' }),
}

const mistakes = (change: Record<string, string | undefined>): readonly string[] => {
  try {
    readConfig({ ...good, ...change } as Bindings)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
}

const issuer = (change: object): string =>
  JSON.stringify([{ ...JSON.parse(good.TOKEN_ISSUERS as string)[0], ...change }])

describe('configuration', () => {
  it('puts origins that a space separates into one rank', () => {
    const { origins } = readConfig({
      ...good,
      ORIGINS: 'https://a.example  https://b.example/, https://c.example',
    })
    expect(origins).toEqual([
      { url: 'https://a.example', rank: 0 },
      { url: 'https://b.example', rank: 0 },
      { url: 'https://c.example', rank: 1 },
    ])
  })

  it('has these defaults', () => {
    expect(readConfig(good)).toEqual({
      origins: [
        { url: 'https://a.example', rank: 0 },
        { url: 'http://127.0.0.1:3000', rank: 1 },
      ],
      issuers: [
        {
          issuer: 'https://login.example/',
          jwksUri: 'https://login.example/jwks',
          audience: 'spillway',
          algorithms: ['ES256'],
          types: ['at+jwt'],
          requiredClaims: {},
          refusedClaims: {},
          clockToleranceSeconds: 5,
          namespace: '',
          claims: {},
        },
      ],
      assertionKey: { kty: 'OKP', crv: 'Ed25519', kid: 'k', x: 'x', d: 'top-secret' },
      cacheKeys: ['top-secret'],
      consistencyKeys: ['top-secret'],
      corsOrigins: new Set(),
      rateQuota: undefined,
      serverTiming: 'on-request',
      log: 'refusals',
      locationCache: 'on',
      warmUp: 'on',
      zone: undefined,
      passThrough: undefined,
    })
  })

  it('reads the keys of URLs and of tokens, the one in use first', () => {
    const [a, b] = ['a'.repeat(43), 'b'.repeat(43)]
    const config = readConfig({ ...good, CACHE_KEY: `${a},${b}`, CONSISTENCY_KEY: b })
    expect([config.cacheKeys, config.consistencyKeys]).toEqual([[a, b], [b]])
  })

  it('lists every mistake at once', () => {
    expect(mistakes({ ORIGINS: '', TOKEN_ISSUERS: undefined, ASSERTION_KEY: '', LOG: 'loud' })).toHaveLength(
      4,
    )
  })

  it.each([
    ['ORIGINS', 'ftp://a.example'],
    ['ORIGINS', 'https://a.example/base'],
    ['ORIGINS', 'https://user:pw@a.example'],
    ['TOKEN_ISSUERS', '{}'],
    ['TOKEN_ISSUERS', '[]'],
    ['TOKEN_ISSUERS', issuer({ algorithms: ['HS256'] })],
    ['TOKEN_ISSUERS', issuer({ algorithms: ['none'] })],
    ['TOKEN_ISSUERS', issuer({ algorithms: [] })],
    ['TOKEN_ISSUERS', issuer({ jwksUri: 'http://login.example/jwks' })],
    ['TOKEN_ISSUERS', issuer({ audience: '' })],
    ['TOKEN_ISSUERS', issuer({ types: [] })],
    ['TOKEN_ISSUERS', issuer({ types: [''] })],
    ['TOKEN_ISSUERS', issuer({ audience: undefined })],
    ['TOKEN_ISSUERS', issuer({ audience: ['spillway'] })],
    ['TOKEN_ISSUERS', issuer({ requiredClaims: { client_id: [] } })],
    ['TOKEN_ISSUERS', issuer({ requiredClaims: { sub: 'alice' } })],
    ['TOKEN_ISSUERS', issuer({ requiredClaims: ['client_id'] })],
    ['TOKEN_ISSUERS', issuer({ clockToleranceSeconds: -1 })],
    ['TOKEN_ISSUERS', issuer({ clockToleranceSeconds: 301 })],
    ['TOKEN_ISSUERS', issuer({ clockTolerance: 30 })],
    ['TOKEN_ISSUERS', issuer({ namespace: 'a:b' })],
    ['TOKEN_ISSUERS', issuer({ claims: ['roles'] })],
    ['TOKEN_ISSUERS', issuer({ claims: { roles: 7 } })],
    ['TOKEN_ISSUERS', issuer({ claims: { roles: 'groups', org_id: 'groups' } })],
    ['CACHE_KEY', 'top-secret'],
    ['CACHE_KEY', ','],
    [
      'CONSISTENCY_KEY',
      Array(3)
        .fill(`top-secret${'x'.repeat(33)}`)
        .join(),
    ],
    ['ASSERTION_KEY', '{"kty":"oct","k":"top-secret","kid":"k"}'],
    ['ASSERTION_KEY', '{"kty":"OKP","crv":"Ed25519","x":"x","d":"top-secret"}'],
    ['CORS_ORIGINS', 'app.example'],
    ['CORS_ORIGINS', 'https://app.example/'],
    ['RATE_LIMIT', '{"limit":0,"periodSeconds":60}'],
    ['RATE_LIMIT', '{"limit":1,"periodSeconds":30}'],
    ['SERVER_TIMING', 'maybe'],
    ['LOCATION_CACHE', 'no'],
    ['WARM_UP', 'maybe'],
    ['ZONE_ID', 'zone'],
    ['PASS_THROUGH_PREFIX', '/assets/'],
  ])('%s=%s is a mistake, and no secret is told', (name, value) => {
    const found = mistakes({ [name]: value })
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(name)
    expect(found[0]).not.toContain('top-secret')
    expect(found[0]).not.toContain('pw')
  })

  it('passes through without cookies in the store, and with no field that it was not told of', () => {
    const passThrough = (bindings: Record<string, string>) =>
      readConfig({
        ...good,
        PASS_THROUGH_PREFIX: '/assets/',
        PASS_THROUGH_ORIGIN: 'https://static.example',
        ...bindings,
      }).passThrough
    expect(passThrough({})).toMatchObject({ requestFields: [], storeSetCookie: 'never' })
    expect(
      passThrough({ PASS_THROUGH_FIELDS: 'X-Tenant, Accept-Version', PASS_THROUGH_SET_COOKIE: 'explicit' }),
    ).toMatchObject({ requestFields: ['x-tenant', 'accept-version'], storeSetCookie: 'explicit' })
    expect(() => passThrough({ PASS_THROUGH_SET_COOKIE: 'always' })).toThrow(ConfigError)
  })

  it('takes an issuer without typ and aud, where a claim says for whom its access tokens are', () => {
    const cognito = {
      audience: undefined,
      types: [null],
      requiredClaims: { token_use: 'access', client_id: ['web', 'app'] },
      clockToleranceSeconds: 60,
    }
    const [read] = readConfig({ ...good, TOKEN_ISSUERS: issuer(cognito) }).issuers
    expect(read).toMatchObject({
      types: [null],
      requiredClaims: { token_use: ['access'], client_id: ['web', 'app'] },
      clockToleranceSeconds: 60,
    })
    expect(read?.audience).toBeUndefined()
  })

  it('takes the places of claims, one or several for a name', () => {
    const claims = { roles: 'realm_access.roles', org_id: ['org', 'tenant.id'] }
    const [read] = readConfig({ ...good, TOKEN_ISSUERS: issuer({ claims }) }).issuers
    expect(read?.claims).toEqual({ roles: ['realm_access.roles'], org_id: ['org', 'tenant.id'] })
  })

  it('does not take two issuers with one name', () => {
    const [one] = JSON.parse(issuer({ namespace: '' }))
    expect(mistakes({ TOKEN_ISSUERS: JSON.stringify([one, one]) })).toHaveLength(1)
  })

  it('wants to know whose subjects each of several issuers names', () => {
    const [one] = JSON.parse(good.TOKEN_ISSUERS as string)
    const other = { ...one, issuer: 'https://partner.example/' }
    const of = (...issuers: object[]) => mistakes({ TOKEN_ISSUERS: JSON.stringify(issuers) })
    expect(of(one, { ...other, namespace: 'partner' })).toEqual([expect.stringContaining('namespace')])
    expect(of({ ...one, namespace: '' }, { ...other, namespace: 'partner' })).toEqual([])
    // An issuer that moves: the same users under both names.
    expect(of({ ...one, namespace: '' }, { ...other, namespace: '' })).toEqual([])
  })
})
