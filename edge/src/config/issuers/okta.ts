import type { IssuerPreset } from './preset.ts'

/**
 * Okta, access tokens of a custom authorization server. They have no `typ`; `aud` is the server's audience, and only
 * they have `cid`, the client. Scopes are a list in `scp`. Tokens of the org authorization server are for Okta itself.
 *
 * @see https://developer.okta.com/docs/guides/validate-access-tokens/
 * @see https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/
 */
export const okta: IssuerPreset = {
  issuer: {
    pattern: /^https:\/\/[^/]+\/oauth2\/[^/]+$/,
    example: 'https://YOUR-DOMAIN.okta.com/oauth2/default',
  },
  keys: 'v1/keys',
  audience: { claim: 'aud', names: 'api' },
  algorithms: ['RS256'],
  types: [null],
  requiredClaims: { cid: true },
  clockToleranceSeconds: 5,
  claims: {},
}
