import type { IssuerPreset } from './preset.ts'

/**
 * Clerk's session tokens, version 2. They have no `aud`: `azp` is the web origin of the page that requested the token. A
 * session with tasks to do is `pending`, and such a user is not signed in. `o.per` is no list of permissions: without
 * `o.fpm`, a name in it would hold for every feature.
 *
 * @see https://clerk.com/docs/guides/sessions/session-tokens
 * @see https://clerk.com/docs/guides/sessions/manual-jwt-verification
 */
export const clerk: IssuerPreset = {
  issuer: { pattern: /^https:\/\/[^/]+$/, example: 'https://clerk.YOUR-DOMAIN' },
  keys: '.well-known/jwks.json',
  audience: { claim: 'azp', names: 'clients' },
  algorithms: ['RS256'],
  types: ['JWT'],
  requiredClaims: { sid: true },
  refusedClaims: { sts: ['pending'] },
  clockToleranceSeconds: 5,
  claims: { roles: ['o.rol'], org_id: ['o.id'] },
}
