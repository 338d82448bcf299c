import { createHash, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { TokenRequest } from './token.ts'

/**
 * Paths that the issuer serves: OpenID Connect Discovery 1.0 §4, the key set (RFC 7517 §5), and the endpoints of the
 * authorization code flow (RFC 6749 §4.1).
 */
export const issuerPaths = {
  configuration: '/.well-known/openid-configuration',
  keys: '/.well-known/jwks.json',
  authorize: '/authorize',
  token: '/token',
} as const

/** Public client of the documentation page. */
export const developmentClient = 'spillway-docs'

/** Subject of every login: nobody has to be chosen, so one click is enough. */
const subject = 'alice'

/** Logins whose code nobody has used yet. */
const loginsMax = 100

interface Login {
  readonly challenge: string
  readonly scopes: readonly string[]
  readonly redirectUri: string
}

/**
 * The authorization code flow with PKCE (RFC 7636) of the development issuer, without a form: any request is signed in.
 * Codes and tokens go to pages of this machine only.
 */
export class Logins {
  readonly #mint: (request: TokenRequest) => Promise<string>
  readonly #logins = new Map<string, Login>()

  constructor(mint: (request: TokenRequest) => Promise<string>) {
    this.#mint = mint
  }

  /** Whether the request was for one of the two endpoints, which is then answered. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://issuer')
    if (pathname === issuerPaths.authorize) this.#authorize(searchParams, response)
    else if (pathname === issuerPaths.token) void this.#token(request, response)
    else return false
    return true
  }

  #authorize(asked: URLSearchParams, response: ServerResponse): void {
    const redirectUri = asked.get('redirect_uri') ?? ''
    const challenge = asked.get('code_challenge')
    const isClient = asked.get('client_id') === developmentClient && isOnThisMachine(redirectUri)
    if (!isClient || challenge === null || asked.get('code_challenge_method') !== 'S256') {
      send(response, 400, { error: 'invalid_request' })
      return
    }
    const code = randomUUID()
    for (const oldest of this.#logins.keys()) {
      if (this.#logins.size < loginsMax) break
      this.#logins.delete(oldest)
    }
    const scopes = (asked.get('scope') ?? '').split(' ').filter((scope) => scope !== '')
    this.#logins.set(code, { challenge, redirectUri, scopes })
    const location = new URL(redirectUri)
    location.searchParams.set('code', code)
    location.searchParams.set('state', asked.get('state') ?? '')
    response.writeHead(302, { location: location.href }).end()
  }

  async #token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { origin } = request.headers
    if (origin !== undefined && isOnThisMachine(origin)) {
      response.setHeader('access-control-allow-origin', origin)
    }
    response.setHeader('cache-control', 'no-store')
    const form = new URLSearchParams(await text(request).catch(() => ''))
    const code = form.get('code') ?? ''
    const login = this.#logins.get(code)
    // RFC 6749 §4.1.2: a code is used once.
    this.#logins.delete(code)
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (login?.challenge !== challenge || login.redirectUri !== form.get('redirect_uri')) {
      send(response, 400, { error: 'invalid_grant' })
      return
    }
    const { scopes } = login
    const token = await this.#mint({ sub: subject, scopes })
    send(response, 200, {
      access_token: token,
      token_type: 'Bearer',
      expires_in: 3600,
      scope: scopes.join(' '),
    })
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const isOnThisMachine = (url: string): boolean =>
  URL.canParse(url) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname)
