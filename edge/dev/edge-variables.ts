import { edgeEnv } from '@spillway/origin/contract'
import type { PrivateJwk } from './keys.ts'

/** The variables that every edge needs, by the names of the contract's `edgeEnv`; all web origins may call it. */
export const edgeVariables = (values: {
  /** Base URLs, the preferred one first. */
  readonly originUrls: readonly string[]
  readonly trustedIssuers: readonly unknown[]
  readonly assertionKey: PrivateJwk
}): Record<string, string> => ({
  [edgeEnv.origins]: values.originUrls.join(','),
  [edgeEnv.tokenIssuers]: JSON.stringify(values.trustedIssuers),
  [edgeEnv.assertionKey]: JSON.stringify(values.assertionKey),
  [edgeEnv.corsOrigins]: '*',
})
