import { tokenAlgorithms } from '../token-issuer.ts'
import type { IssuerPreset } from './preset.ts'

/**
 * Any issuer of access tokens by RFC 9068, found by discovery. An algorithm is never taken from its configuration, where
 * only those of ID tokens are listed.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9068
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html
 */
export const oidc: IssuerPreset = {
  issuer: { pattern: /^https?:\/\/[^?#]+$/, example: 'https://login.YOUR-DOMAIN' },
  audience: { claim: 'aud', names: 'api' },
  algorithms: tokenAlgorithms,
  types: ['at+jwt'],
  clockToleranceSeconds: 30,
  claims: {},
}
