import type { IssuerPreset } from './preset.ts'

/**
 * Supabase Auth, in a project with asymmetric signing keys. `aud` is `authenticated` for every user, so the issuer, which
 * is the project, protects; only a user's session has `session_id`. A user cannot change `app_metadata`, but can change
 * `user_metadata`, which is therefore no place of roles.
 *
 * @see https://supabase.com/docs/guides/auth/jwt-fields
 * @see https://supabase.com/docs/guides/auth/signing-keys
 */
export const supabase: IssuerPreset = {
  issuer: { pattern: /^https?:\/\/[^/]+\/auth\/v1$/, example: 'https://PROJECT.supabase.co/auth/v1' },
  keys: '.well-known/jwks.json',
  audience: { claim: 'aud', names: 'api', value: 'authenticated' },
  algorithms: ['ES256', 'RS256'],
  types: ['JWT'],
  requiredClaims: { session_id: true },
  clockToleranceSeconds: 5,
  claims: { roles: ['role', 'user_role', 'app_metadata.roles'], org_id: ['app_metadata.org_id'] },
}
