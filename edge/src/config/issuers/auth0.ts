import type { IssuerPreset } from './preset.ts'

/**
 * Auth0, in both access token profiles: `JWT` and `at+jwt` (RFC 9068). `aud` is a list with the API's identifier; that of
 * an ID token, also of type `JWT`, is the client. Permissions are in `permissions` (RBAC), the organization in `org_id`.
 *
 * @see https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
 * @see https://auth0.com/docs/manage-users/organizations/using-tokens
 */
export const auth0: IssuerPreset = {
  issuer: { pattern: /^https:\/\/[^/]+\/$/, example: 'https://TENANT.eu.auth0.com/' },
  keys: '.well-known/jwks.json',
  audience: { claim: 'aud', names: 'api' },
  algorithms: ['RS256', 'PS256'],
  types: ['at+jwt', 'JWT'],
  clockToleranceSeconds: 5,
  claims: {},
}
