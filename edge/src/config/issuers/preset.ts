import type { RequiredClaims, TokenAlgorithm } from '../token-issuer.ts'

/**
 * Access tokens of one identity provider as its documentation describes them. A preset is data: `expand-preset.ts`
 * turns it into the settings of an issuer, and the verifier never learns which preset they came from.
 */
export interface IssuerPreset {
  /** Form of `iss`: catches a missing slash, an unsupported server or a placeholder at the start. */
  readonly issuer: { readonly pattern: RegExp; readonly example: string }
  /** URL of the key set, relative to `iss` as a folder. @default found by discovery */
  readonly keys?: string
  readonly audience: {
    /** Claim that says for whom the token is: `aud`, or its stand-in at an issuer that sets none. */
    readonly claim: 'aud' | 'client_id' | 'azp'
    /** Whom it names: `api`, a single name; or `clients` of the API, of which there may be several. */
    readonly names: 'api' | 'clients'
    /** @default must be configured */
    readonly value?: string
  }
  readonly algorithms: readonly TokenAlgorithm[]
  /** `typ` values; `null` for a token without one. */
  readonly types: readonly (string | null)[]
  /** Claims that tell an access token from the issuer's other tokens (RFC 8725 §3.12). @default none */
  readonly requiredClaims?: RequiredClaims
  /** @default none */
  readonly refusedClaims?: Readonly<Record<string, readonly string[]>>
  /**
   * In seconds. Clocks of hosted issuers and of Cloudflare follow NTP, so 5 will do; 30 for a server that a team runs
   * itself.
   */
  readonly clockToleranceSeconds: number
  /**
   * Places of the claims `roles`, `permissions`, `groups` and `org_id` where they are not claims of these names;
   * `{audience}` is replaced by the configured audience. Scopes need no place: `scope` and `scp` are always read.
   */
  readonly claims: Readonly<Record<string, readonly string[]>>
}
