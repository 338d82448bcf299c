import { CompactSign, decodeJwt, exportSPKI, type JWTHeaderParameters } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { bearer, type Edge, startTestEdge } from './support/edge.ts'
import {
  claimsOf,
  type IssuerKey,
  type Mint,
  makeKey,
  signText,
  startTestIssuer,
  type TestIssuer,
} from './support/issuer.ts'
import { type ScriptedOrigin, startScriptedOrigin } from './support/origin.ts'

let origin: ScriptedOrigin
let issuer: TestIssuer
let other: TestIssuer
let edge: Edge
let stranger: IssuerKey

beforeAll(async () => {
  origin = await startScriptedOrigin()
  issuer = await startTestIssuer(['ES256', 'RS256', 'EdDSA'])
  other = await startTestIssuer(['ES256'])
  stranger = await makeKey('ES256', 'key-ES256')
  edge = await startTestEdge({ origins: [origin], issuers: [issuer, other] })
})

afterAll(async () => {
  await edge.stop()
  await issuer.stop()
  await other.stop()
  await origin.stop()
})

/** A public resource: access needs no token, so a refusal concerns the token itself. */
const ask = (token: string): Promise<Response> => edge.fetch('/v2/places/paris', { headers: bearer(token) })

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const now = (): number => Math.floor(Date.now() / 1_000)

interface Attack {
  readonly name: string
  /** CVE or RFC that describes it. */
  readonly source: string
  readonly reason: string
  readonly token: () => Promise<string> | string
}

const minted =
  (mint: Mint): (() => Promise<string>) =>
  () =>
    issuer.mint(mint)

/** A good token whose parts are then changed. */
const altered =
  (change: (header: string, claims: string, signature: string) => string) => async (): Promise<string> => {
    const [header = '', claims = '', signature = ''] = (await issuer.mint()).split('.')
    return change(header, claims, signature)
  }

const attacks: readonly Attack[] = [
  {
    name: 'alg none without a signature',
    source: 'CVE-2015-9235, RFC 8725 §3.2',
    reason: 'malformed',
    token: () =>
      `${encode({ alg: 'none', kid: 'key-ES256', typ: 'at+jwt' })}.${encode(claimsOf(issuer.url))}.`,
  },
  {
    name: 'alg none with a signature of another token',
    source: 'CVE-2015-9235, RFC 8725 §3.2',
    reason: 'algorithm',
    token: altered((_header, claims, signature) =>
      [encode({ alg: 'none', kid: 'key-ES256', typ: 'at+jwt' }), claims, signature].join('.'),
    ),
  },
  {
    name: 'alg nOnE',
    source: 'CVE-2020-28042',
    reason: 'algorithm',
    token: altered((_header, claims, signature) =>
      [encode({ alg: 'nOnE', kid: 'key-ES256', typ: 'at+jwt' }), claims, signature].join('.'),
    ),
  },
  {
    name: 'the public RSA key as an HMAC secret',
    source: 'CVE-2016-5431, CVE-2016-10555, RFC 8725 §3.1',
    reason: 'algorithm',
    token: async () => {
      const key = issuer.keys[1] as IssuerKey
      const { importJWK } = await import('jose')
      const pem = await exportSPKI((await importJWK(key.publicJwk, 'RS256')) as never)
      const header = { alg: 'HS256', kid: key.kid, typ: 'at+jwt' }
      return signText(JSON.stringify(claimsOf(issuer.url)), header, new TextEncoder().encode(pem))
    },
  },
  {
    name: 'an allowed algorithm of another kind of key',
    source: 'RFC 8725 §3.1',
    reason: 'key-unknown',
    token: minted({ header: { kid: 'key-RS256' } }),
  },
  {
    name: 'PS256, which this issuer is not configured for',
    source: 'RFC 8725 §3.1',
    reason: 'algorithm',
    token: async () => issuer.mint({ key: await makeKey('PS256', 'key-RS256') }),
  },
  {
    name: 'a key of its own in jwk',
    source: 'CVE-2018-0114, RFC 8725 §3.10',
    reason: 'header-parameter',
    token: () => issuer.mint({ key: stranger, header: { jwk: stranger.publicJwk } }),
  },
  {
    name: 'a key set of its own in jku',
    source: 'CVE-2018-0114, RFC 8725 §3.10',
    reason: 'header-parameter',
    token: () => issuer.mint({ key: stranger, header: { jku: other.jwksUri } }),
  },
  {
    name: 'a certificate of its own in x5u',
    source: 'RFC 8725 §3.10',
    reason: 'header-parameter',
    token: () => issuer.mint({ key: stranger, header: { x5u: other.jwksUri } }),
  },
  {
    name: 'a certificate of its own in x5c',
    source: 'RFC 8725 §3.10',
    reason: 'header-parameter',
    token: () => issuer.mint({ key: stranger, header: { x5c: ['MIIB'] } }),
  },
  {
    name: 'a kid that climbs through folders',
    source: 'RFC 8725 §3.10',
    reason: 'key-unknown',
    token: minted({ header: { kid: '../../../../dev/null' } }),
  },
  {
    name: 'a kid that speaks SQL',
    source: 'RFC 8725 §3.10',
    reason: 'key-unknown',
    token: minted({ header: { kid: "' UNION SELECT 'key" } }),
  },
  {
    name: 'a kid that is a property of every object',
    source: 'RFC 8725 §3.10',
    reason: 'key-unknown',
    token: minted({ header: { kid: '__proto__' } }),
  },
  {
    name: "another issuer's key under this issuer's name",
    source: 'RFC 8725 §3.8',
    reason: 'signature',
    token: () => issuer.mint({ key: other.keys[0] }),
  },
  {
    name: 'critical extensions',
    source: 'CVE-2025-59420, RFC 7515 §4.1.11',
    reason: 'header-parameter',
    token: minted({ header: { crit: ['exp'], exp: 1 } }),
  },
  {
    name: 'an unencoded payload',
    source: 'RFC 7797 §6',
    reason: 'header-parameter',
    token: altered((_header, claims, signature) =>
      [
        encode({ alg: 'ES256', kid: 'key-ES256', typ: 'at+jwt', b64: false, crit: ['b64'] }),
        claims,
        signature,
      ].join('.'),
    ),
  },
  {
    name: 'padding',
    source: 'RFC 7515 §2',
    reason: 'malformed',
    token: altered((header, claims, signature) => `${header}.${claims}.${signature}==`),
  },
  {
    name: 'the alphabet of plain base64',
    source: 'RFC 7515 §2',
    reason: 'malformed',
    token: altered((header, claims, signature) => `${header}.${claims}.+/${signature.slice(2)}`),
  },
  {
    name: 'other unused bits in the last character',
    source: 'RFC 4648 §3.5',
    reason: 'malformed',
    token: altered(
      (header, claims, signature) =>
        `${header}.${claims}.${signature.slice(0, -1)}${nextCharacter(signature)}`,
    ),
  },
  {
    name: 'a signature with r = s = 0',
    source: 'CVE-2022-21449',
    reason: 'signature',
    token: altered((header, claims) => `${header}.${claims}.${Buffer.alloc(64).toString('base64url')}`),
  },
  {
    name: 'an empty signature',
    source: 'CVE-2020-15957',
    reason: 'malformed',
    token: altered((header, claims) => `${header}.${claims}.`),
  },
  {
    name: 'a signature in DER',
    source: 'RFC 7518 §3.4',
    reason: 'signature',
    token: altered(
      (header, claims) =>
        `${header}.${claims}.${Buffer.from('3006020101020101', 'hex').toString('base64url')}`,
    ),
  },
  {
    name: 'claims changed after signing',
    source: 'RFC 7515 §5.2',
    reason: 'signature',
    token: altered(
      (header, _claims, signature) =>
        `${header}.${encode(claimsOf(issuer.url, { sub: 'admin' }))}.${signature}`,
    ),
  },
  {
    name: 'too large',
    source: 'RFC 8725 §3.4',
    reason: 'oversize',
    token: minted({ claims: { junk: 'x'.repeat(8_000) } }),
  },
  {
    name: 'a claim that stands twice',
    source: 'RFC 7519 §4',
    reason: 'duplicate-member',
    token: () => {
      const good = JSON.stringify(claimsOf(issuer.url))
      return signWithFirstKey(`${good.slice(0, -1)},"sub":"admin"}`)
    },
  },
  {
    name: 'a claim that stands twice, once escaped',
    source: 'RFC 7519 §4',
    reason: 'duplicate-member',
    token: () => {
      const good = JSON.stringify(claimsOf(issuer.url))
      return signWithFirstKey(`${good.slice(0, -1)},"s\\u0075b":"admin"}`)
    },
  },
  {
    name: 'claims that are no object',
    source: 'RFC 7519 §7.2',
    reason: 'malformed',
    token: () => signWithFirstKey('["sub"]'),
  },
  {
    name: 'claims that are no UTF-8',
    source: 'RFC 8725 §3.7',
    reason: 'malformed',
    token: () =>
      new CompactSign(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))
        .setProtectedHeader({ alg: 'ES256', kid: 'key-ES256', typ: 'at+jwt' })
        .sign((issuer.keys[0] as IssuerKey).privateKey),
  },
  {
    name: 'an audience list without ours',
    source: 'RFC 8725 §3.9',
    reason: 'audience',
    token: minted({ claims: { aud: ['a', 'b'] } }),
  },
  {
    name: 'no audience',
    source: 'RFC 8725 §3.9',
    reason: 'audience',
    token: minted({ claims: { aud: undefined } }),
  },
  {
    name: 'an audience that starts with ours',
    source: 'RFC 8725 §3.9',
    reason: 'audience',
    token: minted({ claims: { aud: 'spillway.evil' } }),
  },
  {
    name: 'an ID token',
    source: 'RFC 8725 §3.11, RFC 9068 §4',
    reason: 'type',
    token: minted({ header: { typ: 'JWT' } }),
  },
  {
    name: 'no type',
    source: 'RFC 8725 §3.11',
    reason: 'type',
    token: minted({ header: { typ: undefined } }),
  },
  {
    name: 'a security event',
    source: 'RFC 8725 §3.11',
    reason: 'type',
    token: minted({ header: { typ: 'secevent+jwt' } }),
  },
  {
    name: 'an unknown issuer',
    source: 'RFC 8725 §3.8',
    reason: 'issuer',
    token: minted({ claims: { iss: 'https://evil.example' } }),
  },
  {
    name: 'an issuer with a slash more',
    source: 'RFC 9068 §4',
    reason: 'issuer',
    token: () => issuer.mint({ claims: { iss: `${issuer.url}/` } }),
  },
  {
    name: 'no issuer',
    source: 'RFC 8725 §3.8',
    reason: 'issuer',
    token: minted({ claims: { iss: undefined } }),
  },
  {
    name: 'expired',
    source: 'RFC 7519 §4.1.4',
    reason: 'expired',
    token: () => issuer.mint({ claims: { exp: now() - 60 } }),
  },
  {
    name: 'no expiry',
    source: 'RFC 9068 §2.2',
    reason: 'claims',
    token: minted({ claims: { exp: undefined } }),
  },
  {
    name: 'an expiry in words',
    source: 'RFC 7519 §4.1.4',
    reason: 'claims',
    token: minted({ claims: { exp: 'tomorrow' } }),
  },
  {
    name: 'not valid yet',
    source: 'RFC 7519 §4.1.5',
    reason: 'not-yet-valid',
    token: () => issuer.mint({ claims: { nbf: now() + 60 } }),
  },
  {
    name: 'no subject',
    source: 'RFC 9068 §2.2',
    reason: 'claims',
    token: minted({ claims: { sub: undefined } }),
  },
  {
    name: 'a subject that is an operator',
    source: 'RFC 8725 §3.8',
    reason: 'claims',
    token: minted({ claims: { sub: { $ne: '' } } }),
  },
  {
    name: "a subject in the namespace of another issuer's",
    source: 'RFC 8725 §3.8',
    reason: 'claims',
    token: minted({ claims: { sub: 'issuer-1:user' } }),
  },
  {
    name: "the edge's own assertion",
    source: 'RFC 8725 §2.8',
    reason: 'issuer',
    token: async () => {
      await edge.fetch('/v2/trips/from-assertion', { headers: bearer(await issuer.mint()) })
      return String(origin.seen.at(-1)?.headers['spillway-assertion'])
    },
  },
  { name: 'an encrypted token', source: 'RFC 8725 §2.5', reason: 'malformed', token: () => 'a.b.c.d.e' },
  { name: 'no token', source: 'RFC 6750 §2.1', reason: 'malformed', token: () => '' },
  { name: 'not a token', source: 'RFC 7515 §7.1', reason: 'malformed', token: () => 'aaaa' },
]

const signWithFirstKey = (claims: string): Promise<string> =>
  signText(
    claims,
    { alg: 'ES256', kid: 'key-ES256', typ: 'at+jwt' } as unknown as JWTHeaderParameters,
    (issuer.keys[0] as IssuerKey).privateKey,
  )

/** An ES256 signature has 86 characters: the last one has four unused bits. */
function nextCharacter(signature: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[alphabet.indexOf(signature.at(-1) as string) + 1] as string
}

describe('a hostile token is refused, on a public resource too', () => {
  it.each(attacks)('$name ($source)', async ({ token, reason }) => {
    const text = await token()
    const before = origin.requests
    const answer = await ask(text)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    const challenge = answer.headers.get('www-authenticate')
    expect(challenge).toMatch(/^Bearer realm="spillway", error="invalid_token", error_description="[^"]+"$/)
    const body = await answer.text()
    expect(JSON.parse(body)).toMatchObject({ code: 'invalid-token', status: 401 })
    expect(origin.requests).toBe(before)
    const id = answer.headers.get('x-request-id')
    const line = await edge.lineOf(id)
    expect(line.reason).toBe(`token-${reason}`)
    if (text.length > 8) expect(body + challenge + edge.log).not.toContain(text)
    const fetched = [issuer.keyRequests, other.keyRequests]
    expect((await ask(text)).status).toBe(401)
    expect([issuer.keyRequests, other.keyRequests]).toEqual(fetched)
  })

  it.each([
    ['another scheme', 'Basic YWxpY2U6c2VjcmV0'],
    ['no scheme', 'eyJhbGciOiJub25lIn0'],
    ['a scheme and nothing', 'Bearer'],
  ])('%s (RFC 6750 §2.1)', async (_name, authorization) => {
    expect((await edge.fetch('/v2/places/paris', { headers: { authorization } })).status).toBe(401)
  })

  it('two Authorization fields, both good (RFC 9110 §5.3)', async () => {
    const headers = new Headers(bearer(await issuer.mint()))
    headers.append('authorization', `Bearer ${await issuer.mint()}`)
    expect((await edge.fetch('/v2/places/paris', { headers })).status).toBe(401)
  })

  it('again when it comes again, from memory', async () => {
    const token = await issuer.mint({ claims: { aud: 'elsewhere' } })
    expect((await ask(token)).status).toBe(401)
    expect((await ask(token)).status).toBe(401)
  })
})

describe('a good token is accepted', () => {
  it.each([0, 1, 2])('of each algorithm that its issuer is configured for (%i)', async (index) => {
    const token = await issuer.mint({ key: issuer.keys[index] as IssuerKey })
    expect((await ask(token)).status).toBe(200)
  })

  it.each([
    ['an audience list with ours', { claims: { aud: ['elsewhere', 'spillway'] } }],
    ['the type in full and in capitals', { header: { typ: 'APPLICATION/AT+JWT' } }],
    ['a clock a little ahead of ours', { claims: { nbf: now() + 2 } }],
    ['no name of a key, where one alone fits', { header: { kid: undefined } }],
    ['a thumbprint of a certificate', { header: { x5t: 'abc' } }],
  ] satisfies [string, Mint][])('with %s', async (_name, mint) => {
    expect((await ask(await issuer.mint(mint))).status).toBe(200)
  })

  it('under the fully specified name of its algorithm (RFC 9864)', async () => {
    const key = { ...(issuer.keys[2] as IssuerKey), algorithm: 'Ed25519' as const }
    expect((await ask(await issuer.mint({ key }))).status).toBe(200)
  })

  it('of another issuer with a key of the same name, and its equal subject is another person', async () => {
    const subjectOf = async (token: string): Promise<unknown> => {
      const answer = await edge.fetch(`/v2/trips/${crypto.randomUUID()}`, { headers: bearer(token) })
      expect(answer.status).toBe(200)
      return decodeJwt(String(origin.seen.at(-1)?.headers['spillway-assertion'])).sub
    }
    const { sub } = claimsOf(issuer.url)
    expect(await subjectOf(await issuer.mint())).toBe(sub)
    expect(await subjectOf(await other.mint())).toBe(`issuer-1:${sub}`)
  })

  it('with the scheme in any case (RFC 9110 §11.1)', async () => {
    const headers = { authorization: `bEARER ${await issuer.mint()}` }
    expect((await edge.fetch('/v2/places/paris', { headers })).status).toBe(200)
  })
})

describe('access', () => {
  it('without a token to what is not public is 401 with a challenge and no error code', async () => {
    const answer = await edge.fetch('/v2/trips')
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="spillway"')
    expect(await answer.json()).toMatchObject({ code: 'unauthenticated' })
  })

  it('gets 403 with the required scope when it lacks it', async () => {
    const answer = await edge.fetch('/v2/places', {
      method: 'POST',
      headers: bearer(await issuer.mint()),
      body: '{}',
    })
    expect(answer.status).toBe(403)
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer realm="spillway", error="insufficient_scope", scope="places:write"',
    )
  })

  it('with the scope reaches the origin', async () => {
    const token = await issuer.mint({ claims: { scope: 'places:read places:write' } })
    const answer = await edge.fetch('/v2/places', { method: 'POST', headers: bearer(token), body: '{}' })
    expect(answer.status).toBe(200)
    expect(origin.seen.at(-1)?.method).toBe('POST')
  })
})

describe('key sets', () => {
  let lonely: TestIssuer
  let small: Edge

  beforeAll(async () => {
    lonely = await startTestIssuer(['ES256'])
    small = await startTestEdge({ origins: [origin], issuers: [lonely] })
  })
  afterEach(() => lonely.failWith(undefined))
  afterAll(async () => {
    await small.stop()
    await lonely.stop()
  })

  it('are fetched once for many requests, and not again for a storm of unknown kids', async () => {
    const get = (token: string): Promise<Response> =>
      small.fetch('/v2/places/paris', { headers: bearer(token) })
    const good = await Promise.all(Array.from({ length: 20 }, () => lonely.mint()))
    const answers = await Promise.all(good.map(get))
    expect(answers.map(({ status }) => status)).toEqual(good.map(() => 200))
    expect(lonely.keyRequests).toBe(1)
    const storm = await Promise.all(
      Array.from({ length: 50 }, (_, index) => lonely.mint({ header: { kid: `random-${index}` } })),
    )
    const refused = await Promise.all(storm.map(get))
    expect(refused.map(({ status }) => status)).toEqual(storm.map(() => 401))
    expect(lonely.keyRequests).toBe(1)
  })

  it('that are unavailable cause a 503, not a 401', async () => {
    lonely.failWith(500)
    const cold = await startTestEdge({ origins: [origin], issuers: [lonely] })
    try {
      const answer = await cold.fetch('/v2/places/paris', { headers: bearer(await lonely.mint()) })
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
    } finally {
      await cold.stop()
    }
  })
})

describe('a revoked token', () => {
  it('is refused by its id, and a subject’s by the subject, without a look-up per request', async () => {
    const watched = await startTestEdge({ origins: [origin], issuers: [issuer] })
    try {
      const { control } = watched
      await control.put('revoked:jti:stolen')
      await control.put('revoked:sub:mallory')
      await control.put('revoked:sub:bob', undefined, { metadata: { issuedBefore: now() - 30 } })
      const status = async (claims: Mint['claims']): Promise<number> => {
        const token = await issuer.mint(claims === undefined ? {} : { claims })
        return (await watched.fetch('/v2/places/paris', { headers: bearer(token) })).status
      }
      expect(await status({ jti: 'stolen' })).toBe(401)
      expect(await status({ sub: 'mallory' })).toBe(401)
      expect(await status({ sub: 'bob', iat: now() - 60 })).toBe(401)
      expect(await status({ sub: 'bob' })).toBe(200)
      expect(await status({})).toBe(200)
    } finally {
      await watched.stop()
    }
  })
})

describe('an issuer whose access tokens have neither typ nor aud (Amazon Cognito)', () => {
  let pool: TestIssuer
  let cognito: Edge
  beforeAll(async () => {
    pool = await startTestIssuer(['RS256'])
    const trusted = {
      issuer: pool.url,
      jwksUri: pool.jwksUri,
      algorithms: ['RS256'],
      types: [null],
      requiredClaims: { token_use: 'access', client_id: ['web', 'app'] },
      clockToleranceSeconds: 60,
    }
    cognito = await startTestEdge({
      origins: [origin],
      variables: { TOKEN_ISSUERS: JSON.stringify([trusted]) },
    })
  })
  afterAll(async () => {
    await cognito.stop()
    await pool.stop()
  })

  const access = { aud: undefined, token_use: 'access', client_id: 'app' }
  const mint = (claims: Mint['claims'], header: Mint['header'] = {}) =>
    pool.mint({ claims: { ...access, ...claims }, header: { typ: undefined, ...header } })

  it.each([
    ['an access token of one of our clients', {}, {}, 200],
    [
      'an access token that expired a little ago by our clock',
      {
        // Read when the token is made: a slow machine takes longer than the tolerance to come here.
        get exp() {
          return now() - 30
        },
      },
      {},
      200,
    ],
    ['an ID token', { token_use: 'id', aud: 'app', client_id: undefined }, {}, 401],
    ["an access token of another's client", { client_id: 'other' }, {}, 401],
    ['an access token of no client', { client_id: undefined }, {}, 401],
    ['a list in place of a client', { client_id: ['app'] }, {}, 401],
    ['a token of a type', {}, { typ: 'at+jwt' }, 401],
  ])('%s', async (_name, claims, header, status) => {
    const answer = await cognito.fetch('/v2/places/paris', { headers: bearer(await mint(claims, header)) })
    expect(answer.status).toBe(status)
  })

  it('scopes as text in scp, or as an array in scope, open what they name', async () => {
    for (const claims of [{ scp: 'places:write' }, { scope: ['places:write'] }]) {
      const token = await mint(claims)
      await cognito.fetch('/v2/places', {
        method: 'POST',
        headers: { ...bearer(token), 'content-type': 'application/json' },
        body: '{}',
      })
      expect(decodeJwt(String(origin.seen.at(-1)?.headers['spillway-assertion'])).scope).toBe('places:write')
    }
  })
})
