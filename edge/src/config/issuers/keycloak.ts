import type { IssuerPreset } from './preset.ts'

/**
 * Keycloak. Its claim `typ` is `Bearer` in access tokens, `ID` and `Refresh` in others; the header's type is `JWT` for
 * all, or `at+jwt` for access tokens by a client's setting. `aud` is set by an audience mapper. Realm roles and those
 * of the client that is the API are roles; organizations are in `organization`.
 *
 * @see https://www.keycloak.org/docs/latest/server_admin/#audience-support
 * @see https://www.keycloak.org/docs/latest/server_admin/#_oidc_token_role_mappings
 */
export const keycloak: IssuerPreset = {
  issuer: { pattern: /^https?:\/\/[^/]+(\/[^/]+)*\/realms\/[^/]+$/, example: 'https://HOST/realms/REALM' },
  keys: 'protocol/openid-connect/certs',
  audience: { claim: 'aud', names: 'api' },
  algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
  types: ['JWT', 'at+jwt'],
  requiredClaims: { typ: ['Bearer'] },
  clockToleranceSeconds: 30,
  claims: {
    roles: ['realm_access.roles', 'resource_access.{audience}.roles'],
    org_id: ['organization'],
  },
}
