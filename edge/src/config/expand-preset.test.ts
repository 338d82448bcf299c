import { describe, expect, it } from 'vitest'
import { readIssuers } from './token-issuers.ts'

const read = (item: object) => {
  const mistakes: string[] = []
  const [issuer] = readIssuers(JSON.stringify([item]), mistakes)
  return { issuer, mistakes }
}

const auth0 = { preset: 'auth0', issuer: 'https://shop.eu.auth0.com/', audience: 'https://api.shop.test' }
const cognito = {
  preset: 'cognito',
  issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Shop1',
  audience: 'web',
}
const keycloak = { preset: 'keycloak', issuer: 'https://login.shop.test/realms/shop', audience: 'orders-api' }

describe('a preset', () => {
  it('yields all settings of an issuer', () => {
    expect(read(cognito)).toEqual({
      mistakes: [],
      issuer: {
        issuer: cognito.issuer,
        jwksUri: `${cognito.issuer}/.well-known/jwks.json`,
        audience: undefined,
        algorithms: ['RS256'],
        types: [null],
        requiredClaims: { token_use: ['access'], client_id: ['web'] },
        refusedClaims: {},
        clockToleranceSeconds: 5,
        namespace: '',
        claims: { roles: ['cognito:groups'] },
      },
    })
  })

  it('gives way to own settings', () => {
    const own = {
      jwksUri: 'https://keys.shop.test/jwks',
      types: ['at+jwt'],
      algorithms: ['ES256'],
      clockToleranceSeconds: 60,
      claims: { roles: ['https://shop.test/roles'] },
    }
    expect(read({ ...auth0, ...own }).issuer).toMatchObject(own)
  })

  it('keeps the claims that make it safe', () => {
    const { issuer } = read({ ...cognito, requiredClaims: { token_use: 'id', 'custom:plan': 'pro' } })
    expect(issuer?.requiredClaims).toEqual({
      token_use: ['access'],
      client_id: ['web'],
      'custom:plan': ['pro'],
    })
  })

  it('puts the audience into places of claims, whatever characters it has', () => {
    const { issuer } = read({ ...keycloak, audience: "$&-api$'" })
    expect(issuer?.claims.roles).toEqual(['realm_access.roles', "resource_access.$&-api$'.roles"])
  })

  it.each([
    ['an unknown preset', { ...auth0, preset: 'auth1' }, 'preset: must be one of auth0, clerk'],
    ['a preset of every object', { ...auth0, preset: 'constructor' }, 'preset: must be one of'],
    ['no slash', { ...auth0, issuer: 'https://shop.eu.auth0.com' }, 'https://TENANT.eu.auth0.com/'],
    ['no audience', { ...auth0, audience: undefined }, 'audience: must be the value of aud'],
    ['a claim but no audience', { ...keycloak, audience: undefined }, 'audience: must be the value of aud'],
    ['no clients', { ...cognito, audience: undefined }, 'audience: must be a client of this API'],
    ['an empty list of clients', { ...cognito, audience: [] }, 'audience: must be a client of this API'],
    ['several names of an API', { ...auth0, audience: ['a', 'b'] }, 'audience: must be the value of aud'],
    [
      'a server for all tenants',
      { ...auth0, preset: 'entra', issuer: 'https://login.microsoftonline.com/common/v2.0' },
      'https://login.microsoftonline.com/TENANT-ID/v2.0',
    ],
    [
      "Okta's own server",
      { ...auth0, preset: 'okta', issuer: 'https://shop.okta.com' },
      'https://YOUR-DOMAIN.okta.com/oauth2/default',
    ],
    [
      'keys over http',
      { ...keycloak, issuer: 'http://login.shop.test/realms/shop' },
      'jwksUri: must be an https URL',
    ],
    [
      'discovery over http',
      { ...keycloak, preset: 'oidc', issuer: 'http://login.shop.test' },
      'issuer: must be an https URL',
    ],
    ['a claim with a quote', { ...auth0, requiredClaims: { 'a"b': 'x' } }, 'requiredClaims: must be'],
    ['required claims that are text', { ...auth0, requiredClaims: 'azp' }, 'requiredClaims: must be'],
    ['refused claims in a list', { ...auth0, refusedClaims: ['sts'] }, 'refusedClaims: must be'],
    ['a refused claim of any value', { ...auth0, refusedClaims: { sts: true } }, 'refusedClaims: must be'],
    ['an unknown setting', { ...auth0, tenant: 'shop' }, 'tenant: unknown setting'],
  ])('with %s is one mistake', (_name, item, mistake) => {
    const { mistakes } = read(item)
    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]).toContain(mistake)
  })
})

it('no preset and no key set means discovery, and a claim that must merely be there identifies no API', () => {
  const plain = { issuer: 'https://login.shop.test', audience: 'api', algorithms: ['ES256'] }
  expect(read(plain)).toMatchObject({ mistakes: [], issuer: { jwksUri: undefined } })
  expect(read({ ...plain, audience: undefined, requiredClaims: { azp: true } }).mistakes).toHaveLength(1)
})
