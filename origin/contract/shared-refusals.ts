import type { AccessDecision } from './access/decide.ts'
import { streamMediaType } from './feed.ts'
import { limits } from './limits.ts'
import type { Problem } from './problem.ts'

/**
 * Refusals that both tiers give. Each is worded once, so that a caller reads the same whether the edge refuses or, for
 * a request that reaches it by mistake, the origin.
 */

export const notAcceptable: Problem = {
  code: 'not-acceptable',
  detail: 'Accept must allow application/json.',
}

export const notAcceptableForFeed: Problem = {
  code: 'not-acceptable',
  detail: `Accept must allow application/json or ${streamMediaType}.`,
}

export const uriTooLong: Problem = {
  code: 'uri-too-long',
  detail: `Path and query exceed ${limits.urlLengthMax} bytes.`,
}

export const contentTooLarge: Problem = {
  code: 'content-too-large',
  detail: `The body exceeds ${limits.bodyBytesMax} bytes.`,
}

/** A defect of ours, which is logged. */
export const internalError: Problem = {
  code: 'internal-error',
  detail: 'An unexpected error occurred. Report it with the request id.',
}

/** 405 with `Allow` (RFC 9110 §15.5.6). */
export const methodNotAllowed = (allow: readonly string[]): Problem => ({
  code: 'method-not-allowed',
  detail: `Method not allowed. Supported: ${allow.join(', ')}.`,
  headers: { allow: allow.join(', ') },
})

/** 410 for a version from its sunset on; `successor` is the version that replaces it. */
export const versionGone = (resource: string, version: string, successor: string | undefined): Problem => ({
  code: 'version-gone',
  detail: `${version} of ${resource} is retired; use /${successor}/${resource}.`,
})

/** Refusal of an access rule, with the challenge of RFC 6750 §3. */
export function deniedProblem(decision: Exclude<AccessDecision, { outcome: 'allowed' }>): Problem {
  switch (decision.outcome) {
    case 'unauthenticated':
      return accessTokenRequired
    case 'forbidden':
      return claimsMissing
    case 'insufficientScope':
      return scopeMissing(decision.scope)
  }
}

/** Has no error code, since the request has no credentials (RFC 6750 §3.1). */
const accessTokenRequired: Problem = {
  code: 'unauthenticated',
  detail: 'Send an access token: Authorization: Bearer …',
  headers: { 'www-authenticate': 'Bearer realm="spillway"' },
}

const claimsMissing: Problem = {
  code: 'insufficient-scope',
  detail: 'The access token has none of the roles or claims that this operation needs.',
  headers: { 'www-authenticate': 'Bearer realm="spillway", error="insufficient_scope"' },
}

const scopeMissing = (scope: string): Problem => ({
  code: 'insufficient-scope',
  detail: `The access token must have the scope '${scope}'.`,
  headers: {
    'www-authenticate': `Bearer realm="spillway", error="insufficient_scope", scope="${scope}"`,
  },
})
