import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeJwt, exportSPKI, importJWK, type JWTHeaderParameters } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleFixture } from '../dev/edge-bundle.ts'
import { issuerPresets } from '../src/config/issuers/index.ts'
import { bearer, type Edge, startTestEdge } from './support/edge.ts'
import { type Algorithm, type IssuerKey, makeKey, signText } from './support/issuer.ts'
import { type ScriptedOrigin, startScriptedOrigin } from './support/origin.ts'
import { PublishedIssuers } from './support/published-issuers.ts'
import { atPresent, readRecipe, type TokenShape } from './support/recipe.ts'

/**
 * Presets of issuers in workerd: the settings and tokens of the pages in `edge/docs/issuers`. The Worker fetches each
 * key set from the URL that its preset makes, which answers here instead of the issuer.
 */

interface Hostile {
  readonly name: string
  /** Check that fails, as the log says it. */
  readonly reason: string
  readonly header?: Readonly<Record<string, unknown>>
  /** Claims that differ from the page's first token; `undefined` leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>
}

interface Case {
  /** URL of the key set, as the issuer documents it. */
  readonly keySet: string
  /** Claims of the page's first token that reach the origin, beside its subject. */
  readonly learns: { readonly scope?: string; readonly claims: Readonly<Record<string, readonly string[]>> }
  /** The audience claim, a value for another API, and the reason of the refusal. */
  readonly audience: { readonly claim: string; readonly reason: string; readonly other: unknown }
  /** Other documented tokens, as changes of the first one. */
  readonly good?: readonly Omit<Hostile, 'reason'>[]
  readonly hostile: readonly Hostile[]
}

const aud = (other: unknown) => ({ claim: 'aud', reason: 'audience', other })

const cases: Readonly<Record<string, Case>> = {
  auth0: {
    keySet: 'https://shop.eu.auth0.com/.well-known/jwks.json',
    learns: {
      scope: 'openid orders:read',
      claims: { permissions: ['orders:refund'], org_id: ['org_north'] },
    },
    audience: aud(['https://billing.shop.test', 'https://shop.eu.auth0.com/userinfo']),
    hostile: [
      { name: 'an ID token', reason: 'audience', claims: { aud: 'web', azp: undefined, nonce: 'n' } },
      { name: 'no type', reason: 'type', header: { typ: undefined } },
    ],
  },
  clerk: {
    keySet: 'https://clerk.shop.test/.well-known/jwks.json',
    learns: { claims: { roles: ['editor'], org_id: ['org_north'] } },
    audience: { claim: 'azp', reason: 'claim:azp', other: 'https://shop.test.evil.test' },
    good: [
      { name: 'a page of another of our origins', claims: { azp: 'https://admin.shop.test' } },
      { name: 'a user without an organization', claims: { o: undefined } },
      { name: 'a token from before session states', claims: { sts: undefined } },
    ],
    hostile: [
      { name: 'a pending session', reason: 'claim:sts', claims: { sts: 'pending' } },
      { name: 'no session', reason: 'claim:sid', claims: { sid: undefined } },
      { name: 'a list of origins', reason: 'claim:azp', claims: { azp: ['https://shop.test'] } },
      { name: 'an OAuth access token', reason: 'type', header: { typ: 'at+jwt' } },
    ],
  },
  cognito: {
    keySet: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Shop1/.well-known/jwks.json',
    learns: { scope: 'openid orders:read', claims: { roles: ['editor'] } },
    audience: { claim: 'client_id', reason: 'claim:client_id', other: 'partner' },
    good: [
      { name: 'another of our clients', claims: { client_id: 'app' } },
      {
        name: 'a machine',
        claims: { sub: 'app', client_id: 'app', scope: 'orders/read', 'cognito:groups': undefined },
      },
    ],
    hostile: [
      {
        name: 'an ID token',
        reason: 'claim:token_use',
        claims: { token_use: 'id', aud: 'web', client_id: undefined, email: 'ann@shop.test' },
      },
      { name: 'no use', reason: 'claim:token_use', claims: { token_use: undefined } },
      { name: 'a list of clients', reason: 'claim:client_id', claims: { client_id: ['web'] } },
      { name: 'a type', reason: 'type', header: { typ: 'JWT' } },
    ],
  },
  entra: {
    keySet: 'https://login.microsoftonline.com/7d1b3c52-0001-4000-8000-000000000001/discovery/v2.0/keys',
    learns: {
      scope: 'orders:read orders:list',
      claims: { roles: ['editor'], groups: ['staff'], org_id: ['7d1b3c52-0001-4000-8000-000000000001'] },
    },
    audience: aud('00000003-0000-0000-c000-000000000000'),
    good: [{ name: 'a daemon', claims: { scp: undefined, azpacr: '1', sub: 'service-1' } }],
    hostile: [
      {
        name: 'an ID token of the same registration',
        reason: 'claim:azp',
        claims: { azp: undefined, azpacr: undefined, scp: undefined, nonce: 'n' },
      },
      {
        name: 'a token of version 1 in the tenant',
        reason: 'issuer',
        claims: { iss: 'https://sts.windows.net/7d1b3c52-0001-4000-8000-000000000001/', ver: '1.0' },
      },
      {
        name: 'another tenant',
        reason: 'issuer',
        claims: { iss: 'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0' },
      },
      { name: 'the URI of the API as audience', reason: 'audience', claims: { aud: 'api://orders' } },
      { name: 'another version', reason: 'claim:ver', claims: { ver: '1.0' } },
    ],
  },
  google: {
    keySet: 'https://www.googleapis.com/oauth2/v3/certs',
    learns: { claims: { org_id: ['shop.test'] } },
    audience: { claim: 'aud', reason: 'claim:aud', other: 'quiz.apps.googleusercontent.com' },
    good: [{ name: 'a private account', claims: { hd: undefined } }],
    hostile: [
      {
        name: 'another client, for which ours is authorized',
        reason: 'claim:aud',
        claims: { aud: 'quiz.apps.googleusercontent.com', azp: 'web.apps.googleusercontent.com' },
      },
      {
        name: 'clients in a list',
        reason: 'claim:aud',
        claims: { aud: ['web.apps.googleusercontent.com', 'quiz.apps.googleusercontent.com'] },
      },
      {
        name: 'an issuer that looks like it',
        reason: 'issuer',
        claims: { iss: 'https://accounts.google.com.evil.test' },
      },
    ],
  },
  keycloak: {
    keySet: 'https://login.shop.test/realms/shop/protocol/openid-connect/certs',
    learns: {
      scope: 'email profile orders:read',
      claims: { roles: ['editor', 'viewer'], groups: ['staff'], org_id: ['north'] },
    },
    audience: aud('account'),
    good: [
      { name: 'the type of RFC 9068', header: { typ: 'at+jwt' } },
      { name: 'a single audience', claims: { aud: 'orders-api' } },
      { name: 'a clock behind by half a minute', claims: { exp: -20 } },
    ],
    hostile: [
      { name: 'an ID token', reason: 'claim:typ', claims: { typ: 'ID', nonce: 'n' } },
      { name: 'a refresh token', reason: 'claim:typ', claims: { typ: 'Refresh' } },
      { name: 'a logout token', reason: 'type', header: { typ: 'logout+jwt' } },
      { name: 'another realm', reason: 'issuer', claims: { iss: 'https://login.shop.test/realms/master' } },
      { name: 'the client that it was issued to', reason: 'audience', claims: { aud: 'web' } },
    ],
  },
  oidc: {
    keySet: 'https://login.shop.test/oauth2/keys',
    learns: { scope: 'orders:read', claims: { roles: ['editor'], groups: ['staff'] } },
    audience: aud('https://billing.shop.test'),
    good: [{ name: 'the type in full', header: { typ: 'application/at+jwt' } }],
    hostile: [
      { name: 'an ID token', reason: 'type', header: { typ: 'JWT' }, claims: { aud: 'web' } },
      { name: 'an ID token with the audience of the API', reason: 'type', header: { typ: 'JWT' } },
      { name: 'no type', reason: 'type', header: { typ: undefined } },
    ],
  },
  okta: {
    keySet: 'https://shop.okta.com/oauth2/default/v1/keys',
    learns: { scope: 'openid orders:read', claims: { groups: ['staff'] } },
    audience: aud('api://billing'),
    good: [{ name: 'a machine', claims: { sub: 'machine', cid: 'machine', uid: undefined } }],
    hostile: [
      {
        name: 'an ID token',
        reason: 'audience',
        claims: { aud: 'web', cid: undefined, scp: undefined, nonce: 'n' },
      },
      { name: 'an ID token with the audience of the API', reason: 'claim:cid', claims: { cid: undefined } },
      {
        name: 'a token of the org authorization server',
        reason: 'issuer',
        claims: { iss: 'https://shop.okta.com', aud: 'https://shop.okta.com' },
      },
      { name: 'a type', reason: 'type', header: { typ: 'JWT' } },
    ],
  },
  supabase: {
    keySet: 'https://shop.supabase.co/auth/v1/.well-known/jwks.json',
    learns: { claims: { roles: ['editor'], org_id: ['north'] } },
    audience: aud('anon'),
    good: [{ name: 'a role of a hook', claims: { user_role: 'admin' } }],
    hostile: [
      { name: 'no session', reason: 'claim:session_id', claims: { session_id: undefined } },
      { name: 'a key of the project', reason: 'issuer', claims: { iss: 'supabase', role: 'service_role' } },
      { name: 'another project', reason: 'issuer', claims: { iss: 'https://quiz.supabase.co/auth/v1' } },
      { name: 'an ID token for a client', reason: 'audience', claims: { aud: 'web' } },
    ],
  },
}

/** Hostile tokens of every issuer. */
const always: readonly Hostile[] = [
  { name: 'an expired token', reason: 'expired', claims: { exp: -600 } },
  { name: 'a token from the future', reason: 'not-yet-valid', claims: { nbf: 600 } },
  { name: 'no expiry', reason: 'claims', claims: { exp: undefined } },
  { name: 'no subject', reason: 'claims', claims: { sub: undefined } },
  { name: 'another kind of token', reason: 'type', header: { typ: 'secevent+jwt' } },
  { name: 'no key with its kid', reason: 'key-unknown', header: { kid: 'k2' } },
  { name: 'a key of its own', reason: 'header-parameter', header: { jwk: { kty: 'RSA' } } },
]

const names = Object.keys(cases)
const published = new PublishedIssuers()
const keys = new Map<string, IssuerKey>()
let origin: ScriptedOrigin
let edge: Edge

const shapeOf = (name: string): TokenShape => atPresent(readRecipe(name).tokens[0])

beforeAll(async () => {
  const { scriptFile } = await bundleFixture('issuers-worker')
  origin = await startScriptedOrigin()
  for (const name of names) {
    const { header } = shapeOf(name)
    // The cast: pages name algorithms that can be configured.
    const key = await makeKey(header.alg as Algorithm, String(header.kid))
    keys.set(name, key)
    published.publish((cases[name] as Case).keySet, { keys: [key.publicJwk] })
  }
  published.publish('https://login.shop.test/.well-known/openid-configuration', {
    issuer: 'https://login.shop.test',
    jwks_uri: cases.oidc?.keySet,
  })
  const issuers = names.map((name) => ({ ...readRecipe(name).settings, namespace: name }))
  edge = await startTestEdge({
    origins: [origin],
    script: await readFile(scriptFile, 'utf8'),
    outbound: published.answer,
    variables: { TOKEN_ISSUERS: JSON.stringify([...issuers, ...byDiscovery]) },
  })
})

afterAll(async () => {
  await edge.stop()
  await origin.stop()
})

const key = (name: string): IssuerKey => keys.get(name) as IssuerKey

/** The page's token with changes; instants that are given are seconds from now. */
function changed(name: string, { header, claims }: Pick<Hostile, 'header' | 'claims'>): TokenShape {
  const shape = shapeOf(name)
  const now = Math.floor(Date.now() / 1_000)
  const instants = Object.entries(claims ?? {}).map(([claim, value]) =>
    typeof value === 'number' ? [claim, now + value] : [claim, value],
  )
  return {
    header: { ...shape.header, ...header },
    claims: { ...shape.claims, ...Object.fromEntries(instants) },
  }
}

const sign = ({ header, claims }: TokenShape, by: IssuerKey): Promise<string> =>
  signText(JSON.stringify(claims), header as JWTHeaderParameters, by.privateKey)

/** A document that no request has asked for yet, so that the origin learns of each caller. */
const ask = (token: string): Promise<Response> =>
  edge.fetch(`/v1/orders/${crypto.randomUUID()}`, { headers: bearer(token) })

const learnt = () => decodeJwt(String(origin.seen.at(-1)?.headers['spillway-assertion']))

async function expectRefused(token: string, reason: string): Promise<void> {
  const before = origin.requests
  const answer = await ask(token)
  const body = await answer.text()
  expect([answer.status, JSON.parse(body).code]).toEqual([401, 'invalid-token'])
  expect(origin.requests).toBe(before)
  const challenge = answer.headers.get('www-authenticate')
  expect(challenge).toMatch(
    /^Bearer realm="spillway", error="invalid_token", error_description="[\x20-\x21\x23-\x5B\x5D-\x7E]+"$/,
  )
  expect(body + challenge).not.toContain(token)
  expect((await edge.lineOf(answer.headers.get('x-request-id'))).reason).toBe(`token-${reason}`)
}

it('each preset has a page and a case here', async () => {
  const pages = await readdir(join(import.meta.dirname, '../docs/issuers'))
  expect(pages.sort()).toEqual(
    ['README.md', ...Object.keys(issuerPresets).map((name) => `${name}.md`)].sort(),
  )
  expect(names).toEqual(Object.keys(issuerPresets))
  for (const name of names) expect(readRecipe(name).settings.preset).toBe(name)
})

it('the overview says in which claim each preset finds the audience, roles and tenant', async () => {
  const overview = await readFile(join(import.meta.dirname, '../docs/issuers/README.md'), 'utf8')
  for (const [name, preset] of Object.entries(issuerPresets)) {
    const [protection, claims] = overview.split('\n').filter((line) => line.startsWith(`| \`${name}\` |`))
    const identifying = Object.keys(preset.requiredClaims ?? {})
    const inside = preset.audience.value === undefined ? [preset.audience.claim, ...identifying] : identifying
    for (const claim of inside) expect(protection).toContain(`\`${claim}`)
    for (const path of Object.values(preset.claims).flat()) {
      expect(claims).toContain(`\`${path.replace('{audience}', '<audience>')}\``)
    }
  }
})

describe.each(names)('%s', (name) => {
  const { learns, audience, good = [], hostile } = cases[name] as Case

  it('accepts the tokens of its page, and fetches its key set once for them', async () => {
    for (const token of readRecipe(name).tokens) {
      const shape = atPresent(token)
      expect((await ask(await sign(shape, key(name)))).status).toBe(200)
      expect(learnt().sub).toBe(`${name}:${shape.claims.sub}`)
    }
    expect(published.requestsOf((cases[name] as Case).keySet)).toBe(1)
  })

  it('finds scopes, roles, groups and tenant in them', async () => {
    await ask(await sign(shapeOf(name), key(name)))
    const { scope = '', claims } = learns
    expect([learnt().scope, learnt().spillway_claims]).toEqual([scope, claims])
  })

  if (good.length > 0) {
    it.each(good)('accepts $name', async (change) => {
      expect((await ask(await sign(changed(name, change), key(name)))).status).toBe(200)
    })
  }

  it.each([
    ...hostile,
    ...always,
    { name: 'another audience', reason: audience.reason, claims: { [audience.claim]: audience.other } },
    { name: 'no audience', reason: audience.reason, claims: { [audience.claim]: undefined } },
  ])('refuses $name', async ({ reason, ...change }) => {
    await expectRefused(await sign(changed(name, change), key(name)), reason)
  })

  it('refuses a token without a signature, and one of a shared secret', async () => {
    const { header, claims } = shapeOf(name)
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    await expectRefused(`${part({ ...header, alg: 'none' })}.${part(claims)}.`, 'malformed')
    const { publicJwk, algorithm } = key(name)
    // The cast: `importJWK` returns a CryptoKey for any JWK that is no secret.
    const pem = await exportSPKI((await importJWK(publicJwk, algorithm)) as CryptoKey)
    const secret = new TextEncoder().encode(pem)
    const header256 = { ...header, alg: 'HS256' } as JWTHeaderParameters
    await expectRefused(await signText(JSON.stringify(claims), header256, secret), 'algorithm')
  })

  it('refuses a token that another issuer has signed', async () => {
    const { header } = shapeOf(name)
    const stranger = await makeKey(header.alg as Algorithm, String(header.kid))
    await expectRefused(await sign(shapeOf(name), stranger), 'signature')
  })
})

/** Further issuers that are found by discovery. */
const byDiscovery = ['lying', 'insecure', 'nameless', 'ambiguous', 'silent'].map((name) => ({
  preset: 'oidc',
  issuer: `https://${name}.test/realm`,
  audience: 'https://api.shop.test',
  namespace: name,
}))

describe('discovery', () => {
  const configuration = (name: string): string =>
    `https://${name}.test/realm/.well-known/openid-configuration`

  async function issue(name: string, document: object, kid?: string, keySet?: readonly object[]) {
    const own = await makeKey('ES256', 'k1')
    const { kid: _kid, ...nameless } = own.publicJwk
    published.publish(configuration(name), document)
    published.publish(`https://${name}.test/keys`, {
      keys: keySet ?? [kid === undefined ? nameless : own.publicJwk],
    })
    const { header, claims } = shapeOf('oidc')
    return await sign(
      { header: { ...header, kid }, claims: { ...claims, iss: `https://${name}.test/realm` } },
      own,
    )
  }

  const documentOf = (name: string) => ({
    issuer: `https://${name}.test/realm`,
    jwks_uri: `https://${name}.test/keys`,
  })

  it.each([
    ['of another issuer', 'lying', { ...documentOf('lying'), issuer: 'https://login.shop.test' }],
    ['with keys over http', 'insecure', { ...documentOf('insecure'), jwks_uri: 'http://insecure.test/keys' }],
  ])('trusts no configuration %s, and the log says so', async (_name, name, document) => {
    const answer = await ask(await issue(name, document, 'k1'))
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      503,
      'keys-unavailable',
    ])
    expect(edge.log).toMatch(
      new RegExp(`"what":"key-set","where":"${name}.test","message":"Error: configuration `),
    )
    expect(published.requestsOf(`https://${name}.test/keys`)).toBe(0)
  })

  it('that gets no answer is our fault, not the caller’s', async () => {
    const { header, claims } = shapeOf('oidc')
    const shape = { header, claims: { ...claims, iss: 'https://silent.test/realm' } }
    expect((await ask(await sign(shape, key('oidc')))).status).toBe(503)
  })

  it('and the keys that it leads to are fetched once for many tokens', async () => {
    const token = await issue('nameless', documentOf('nameless'))
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(token)))
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
    const urls = [configuration('nameless'), 'https://nameless.test/keys']
    expect(urls.map((url) => published.requestsOf(url))).toEqual([1, 1])
  })

  it('finds keys without kid: the only one is used, and none of two (RFC 8725 §3.1)', async () => {
    const pair = await Promise.all(['a', 'b'].map((name) => makeKey('ES256', name)))
    const nameless = pair.map(({ publicJwk: { kid: _kid, ...jwk } }) => jwk)
    await expectRefused(await issue('ambiguous', documentOf('ambiguous'), undefined, nameless), 'key-unknown')
  })
})
