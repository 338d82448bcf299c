import type { IssuerPreset } from './preset.ts'

/**
 * Google ID tokens, since its access tokens are opaque. `aud` is the client that the user signed in to; a service
 * account's token has the audience that it asked for. They carry no scopes. `hd` is the Workspace domain.
 *
 * @see https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
 * @see https://developers.google.com/identity/openid-connect/openid-connect
 */
export const google: IssuerPreset = {
  issuer: { pattern: /^https:\/\/accounts\.google\.com$/, example: 'https://accounts.google.com' },
  keys: 'https://www.googleapis.com/oauth2/v3/certs',
  audience: { claim: 'aud', names: 'clients' },
  algorithms: ['RS256'],
  types: ['JWT'],
  clockToleranceSeconds: 5,
  claims: { org_id: ['hd'] },
}
