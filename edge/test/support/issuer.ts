import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  CompactSign,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
} from 'jose'

export type Algorithm = 'ES256' | 'RS256' | 'PS256' | 'EdDSA' | 'Ed25519'

export interface IssuerKey {
  readonly algorithm: Algorithm
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
}

/** Differences from a good token; `undefined` leaves a claim or parameter out. */
export interface Mint {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  readonly key?: IssuerKey
}

/**
 * An issuer on a free port whose key set changes and fails on demand, and which also mints hostile tokens. The issuer
 * of `edge/dev` signs only valid tokens.
 */
export interface TestIssuer {
  readonly url: string
  readonly jwksUri: string
  readonly audience: string
  readonly keys: readonly [IssuerKey, ...IssuerKey[]]
  readonly keyRequests: number
  mint(options?: Mint): Promise<string>
  /** Replaces the published keys. */
  publish(keys: readonly JWK[]): void
  /** While set, the key set is answered with this status. */
  failWith(status: number | undefined): void
  stop(): Promise<void>
}

export async function makeKey(algorithm: Algorithm, kid: string): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' }
  return { algorithm, kid, privateKey, publicJwk }
}

export async function startTestIssuer(
  algorithms: readonly [Algorithm, ...Algorithm[]] = ['ES256'],
): Promise<TestIssuer> {
  const made = await Promise.all(algorithms.map((algorithm) => makeKey(algorithm, `key-${algorithm}`)))
  const keys = made as unknown as readonly [IssuerKey, ...IssuerKey[]]
  let published: readonly JWK[] = keys.map(({ publicJwk }) => publicJwk)
  let failure: number | undefined
  let keyRequests = 0
  const server = createServer((_request, response) => {
    keyRequests += 1
    response.writeHead(failure ?? 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ keys: published }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    jwksUri: `${url}/jwks.json`,
    audience: 'spillway',
    keys,
    get keyRequests() {
      return keyRequests
    },
    mint: ({ claims, header, key = keys[0] } = {}) =>
      signText(JSON.stringify(claimsOf(url, claims)), headerOf(key, header), key.privateKey),
    publish(next) {
      published = next
    },
    failWith(status) {
      failure = status
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The claims of a good access token (RFC 9068 §2.2), with changes. */
export function claimsOf(
  issuer: string,
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1_000)
  return {
    iss: issuer,
    aud: 'spillway',
    sub: 'alice',
    client_id: 'test',
    jti: crypto.randomUUID(),
    iat: now,
    exp: now + 600,
    ...changes,
  }
}

const headerOf = (key: IssuerKey, changes: Readonly<Record<string, unknown>> = {}): JWTHeaderParameters =>
  ({ alg: key.algorithm, kid: key.kid, typ: 'at+jwt', ...changes }) as unknown as JWTHeaderParameters

/** Signs any text at all as claims. */
export const signText = (
  claims: string,
  header: JWTHeaderParameters,
  key: CryptoKey | Uint8Array,
): Promise<string> =>
  new CompactSign(new TextEncoder().encode(claims)).setProtectedHeader(header).sign(key, {
    crit: { b64: true, exp: true },
  })
