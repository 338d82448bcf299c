import type { IssuerPreset } from './preset.ts'

/**
 * Amazon Cognito user pools. An access token has neither `typ` nor `aud`: `client_id` names the app client, and
 * `token_use` tells it from an ID token. Groups are in `cognito:groups`.
 *
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
 */
export const cognito: IssuerPreset = {
  issuer: {
    pattern: /^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/[a-z0-9-]+_[A-Za-z0-9]+$/,
    example: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_POOL',
  },
  keys: '.well-known/jwks.json',
  audience: { claim: 'client_id', names: 'clients' },
  algorithms: ['RS256'],
  types: [null],
  requiredClaims: { token_use: ['access'] },
  clockToleranceSeconds: 5,
  claims: { roles: ['cognito:groups'] },
}
