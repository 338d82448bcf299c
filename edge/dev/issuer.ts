import { createServer, type Server } from 'node:http'
import { developmentClient, issuerPaths, Logins } from './issuer-logins.ts'
import { type PrivateJwk, publicKeySet } from './keys.ts'
import { mintToken, type TokenRequest, tokenAudience } from './token.ts'

export { issuerPaths }

export interface IssuerOptions {
  /** The first key signs; all are published. */
  readonly keys: readonly [PrivateJwk, ...PrivateJwk[]]
  /** @default any free port */
  readonly port?: number
}

export interface Issuer {
  /** The `iss` of its tokens. */
  readonly url: string
  readonly jwksUri: string
  readonly audience: string
  /** Number of requests for its key set. */
  readonly keyRequests: number
  mintToken(request: TokenRequest, key?: PrivateJwk): Promise<string>
  stop(): Promise<void>
}

/** Configuration that makes the edge accept this issuer's tokens: one item of its `TOKEN_ISSUERS`. */
export const trustedIssuer = ({ url, jwksUri, audience }: Issuer) => ({
  issuer: url,
  jwksUri,
  audience,
  algorithms: ['ES256', 'EdDSA'],
  login: {
    clientId: developmentClient,
    authorizationUrl: url + issuerPaths.authorize,
    tokenUrl: url + issuerPaths.token,
  },
})

/** A token issuer for development and tests. It signs any claims, so it listens only on loopback. */
export async function startIssuer({ keys, port = 0 }: IssuerOptions): Promise<Issuer> {
  const server = createServer()
  const url = `http://127.0.0.1:${await listen(server, port)}`
  const jwksUri = url + issuerPaths.keys
  let keyRequests = 0
  const signer = { key: keys[0], issuer: url, audience: tokenAudience }
  const logins = new Logins((request) => mintToken(signer, request))

  const documents: Readonly<Record<string, unknown>> = {
    [issuerPaths.keys]: publicKeySet(...keys),
    [issuerPaths.configuration]: {
      issuer: url,
      jwks_uri: jwksUri,
      authorization_endpoint: url + issuerPaths.authorize,
      token_endpoint: url + issuerPaths.token,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: keys.map(({ alg }) => alg),
    },
  }
  server.on('request', (request, response) => {
    const { url: path = '', method } = request
    if (logins.answer(request, response)) return
    const document = documents[path]
    if (path === issuerPaths.keys) keyRequests++
    if (document === undefined || (method !== 'GET' && method !== 'HEAD')) {
      response.writeHead(document === undefined ? 404 : 405).end()
      return
    }
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=300' })
    response.end(JSON.stringify(document))
  })

  return {
    url,
    jwksUri,
    audience: tokenAudience,
    get keyRequests() {
      return keyRequests
    },
    mintToken: (request, key = keys[0]) => mintToken({ key, issuer: url, audience: tokenAudience }, request),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') return reject(new Error('no port'))
      resolve(address.port)
    })
  })
}
