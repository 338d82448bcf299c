import { type AccessRule, isPublic, partsOf, scopesOf } from '../access.ts'
import { apiKeysIn, type Catalogue, viewsOf } from '../catalogue.ts'
import { accessRuleOf, routesOf } from '../route.ts'
import type { Json } from './json.ts'

/** An issuer of access tokens, as far as a client must know it to get one. */
export interface DocumentedIssuer {
  /** URL below which its OpenID configuration is. */
  readonly issuer: string
  /** Endpoints of the authorization code flow (RFC 6749 §4.1). @default found by discovery */
  readonly flow?: { readonly authorizationUrl: string; readonly tokenUrl: string } | undefined
}

/** Security schemes of the operations. */
export interface Security {
  /** Schemes by name. */
  readonly schemes: Json
  /** Alternatives for an operation with this rule. */
  of(rule: AccessRule): readonly Json[]
}

/**
 * Describes the token itself, and each issuer from which to get one: `oauth2` if its endpoints are known, otherwise
 * `openIdConnect`. Scopes are listed with the issuers, since `http` schemes know none in OpenAPI 3.0 and its tools.
 */
export function describeSecurity(catalogue: Catalogue, issuers: readonly DocumentedIssuer[]): Security {
  const scopes = scopesIn(catalogue)
  const hasKeys = apiKeysIn(catalogue) !== undefined
  const named = issuers.map((one, index) => [index === 0 ? 'login' : `login${index + 1}`, one] as const)
  return {
    schemes: {
      bearer: {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'OAuth 2.0 access token (RFC 9068).',
      },
      ...(hasKeys && { apiKey: keyScheme }),
      ...Object.fromEntries(named.map(([name, issuer]) => [name, schemeOf(issuer, scopes)])),
    },
    of: (rule) => [
      ...(isPublic(rule) ? [{}] : []),
      { bearer: [] },
      ...(hasKeys ? [{ apiKey: [] }] : []),
      ...named.map(([name]) => ({ [name]: isPublic(rule) ? [] : requiredScopes(rule) })),
    ],
  }
}

const keyScheme: Json = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'spw_…',
  description: 'API key of a machine, in place of an access token.',
}

function schemeOf({ issuer, flow }: DocumentedIssuer, scopes: Json): Json {
  if (flow === undefined) {
    const openIdConnectUrl = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    return { type: 'openIdConnect', openIdConnectUrl, description: `Tokens of ${issuer}.` }
  }
  return {
    type: 'oauth2',
    description: `Tokens of ${issuer}, by the authorization code flow with PKCE (RFC 7636).`,
    flows: { authorizationCode: { ...flow, scopes } },
  }
}

/** Scopes that a token must have; empty if the rule also allows other ways. */
const requiredScopes = (rule: AccessRule): readonly string[] =>
  [...partsOf(rule)].some(({ kind }) => kind === 'any') ? [] : scopesOf(rule)

/** Every scope that a rule names, with the operations that ask for it. */
function scopesIn(catalogue: Catalogue): Json {
  const uses = new Map<string, Set<string>>()
  for (const view of viewsOf(catalogue)) {
    for (const { operation, action, query } of routesOf(view)) {
      const rule =
        query?.access ?? accessRuleOf({ ...view, operation, ...(action !== undefined && { action }) })
      for (const scope of scopesOf(rule)) {
        const what = action?.name ?? query?.name ?? operation
        uses.set(scope, (uses.get(scope) ?? new Set()).add(`${view.resource.name}: ${what}`))
      }
    }
  }
  return Object.fromEntries([...uses].map(([scope, used]) => [scope, [...used].join(', ')]))
}
