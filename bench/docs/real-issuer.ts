import { once } from 'node:events'
import { createServer } from 'node:http'
import { freePort } from '@spillway/origin/dev/ports'
import { errors, Provider } from 'oidc-provider'

/** A certified OpenID Provider on this machine, as a team would run one: everybody may sign in, under any name. */
export interface RealIssuer extends AsyncDisposable {
  /** An item of TOKEN_ISSUERS, as the page on other issuers describes it. */
  readonly settings: Readonly<Record<string, unknown>>
}

const audience = 'https://api.travel.test'
const clientId = 'docs'
const lifeSeconds = 600

/** @param docsUrl address of the documentation page, which a login returns to */
export async function startRealIssuer(docsUrl: string): Promise<RealIssuer> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        // A public client in a browser: no secret, so PKCE protects its code (RFC 7636).
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        redirect_uris: [`${docsUrl}/signed-in`],
      },
    ],
    pkce: { required: () => true },
    clientBasedCORS: (_context, origin) => docsUrl.startsWith(origin),
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    ttl: Object.fromEntries(
      ['AccessToken', 'AuthorizationCode', 'Grant', 'IdToken', 'Interaction', 'Session'].map((kind) => [
        kind,
        lifeSeconds,
      ]),
    ),
    cookies: { keys: ['of this run'] },
    features: {
      resourceIndicators: {
        enabled: true,
        // An access token for the API: a JWT of RFC 9068, with the API as its audience (RFC 8707).
        getResourceServerInfo(_context, indicator) {
          if (indicator !== audience) throw new errors.InvalidTarget()
          return {
            scope: 'places:write advisories:write',
            audience,
            accessTokenFormat: 'jwt',
            accessTokenTTL: lifeSeconds,
            jwt: { sign: { alg: 'RS256' } },
          }
        },
        useGrantedResource: () => true,
      },
    },
  })
  const server = createServer(provider.callback()).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    settings: {
      ...{ preset: 'oidc', issuer, audience },
      login: {
        clientId,
        authorizationUrl: `${issuer}/auth`,
        tokenUrl: `${issuer}/token`,
        // Without a scope there is nothing that a person could grant.
        parameters: { resource: audience, scope: 'openid' },
      },
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
