import type { IssuerPreset } from './preset.ts'

/**
 * Microsoft Entra ID, access tokens of version 2 from a single tenant. An API and its page may be one registration, and
 * then an ID token has the same `aud` and type: only an access token has `azp`. Scopes are text in `scp`.
 *
 * @see https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference
 * @see https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference
 */
export const entra: IssuerPreset = {
  issuer: {
    pattern: /^https:\/\/[a-z0-9.-]+\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\/v2\.0$/,
    example: 'https://login.microsoftonline.com/TENANT-ID/v2.0',
  },
  keys: '../discovery/v2.0/keys',
  audience: { claim: 'aud', names: 'api' },
  algorithms: ['RS256'],
  types: ['JWT'],
  requiredClaims: { ver: ['2.0'], azp: true },
  clockToleranceSeconds: 5,
  claims: { org_id: ['tid'] },
}
