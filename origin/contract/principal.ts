import type { Priority } from './priority.ts'
import { isPriority } from './priority.ts'

/** Who is asking, as far as rules are concerned. Nothing but this module reads claims. */
export interface Principal {
  readonly subject: string
  readonly scopes: readonly string[]
  /** Raises or lowers all of this caller's requests, where the issuer says so. */
  readonly priority?: Priority
}

/** Longest subject that is accepted, in characters: it becomes part of keys and documents. */
export const subjectLengthMax = 255

/**
 * Claims of a verified access token (RFC 9068 §2.2) or edge assertion → Principal.
 * `scope` is the space-separated string of RFC 8693 §4.2; `scp` an array, as some issuers send it.
 * Returns `undefined` where `sub` is absent, empty or too long: such a token identifies nobody.
 */
export function principalFromClaims(claims: Readonly<Record<string, unknown>>): Principal | undefined {
  const { sub, scope, scp, spillway_priority: priority } = claims
  if (typeof sub !== 'string' || sub === '' || sub.length > subjectLengthMax) return undefined
  // Half of a surrogate pair can be written in no key, header or document.
  if (!sub.isWellFormed()) return undefined
  const listed = typeof scope === 'string' ? scope.split(' ') : Array.isArray(scp) ? scp : []
  const scopes = listed.filter((name): name is string => typeof name === 'string' && name !== '')
  return { subject: sub, scopes, ...(isPriority(priority) && { priority }) }
}
