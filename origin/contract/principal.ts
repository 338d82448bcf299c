import type { Priority } from './priority.ts'
import { isPriority } from './priority.ts'

/** The caller, as far as rules are concerned. Nothing but this module reads claims. */
export interface Principal {
  readonly subject: string
  readonly scopes: readonly string[]
  /** Values of the claims that rules of the application name, where the token has any. */
  readonly claims?: Readonly<Record<string, readonly string[]>>
  /** Raises or lowers all of this caller's requests, where the issuer says so. */
  readonly priority?: Priority
}

/**
 * Bytes that a principal weighs in memory, at the most: a scope of one letter is a string of its own, so a text of many
 * scopes weighs a dozen times what it did in the token.
 */
export function principalBytes({ subject, scopes, claims = {} }: Principal): number {
  const texts = [...scopes, ...Object.entries(claims).flatMap(([name, values]) => [name, ...values])]
  return texts.reduce((bytes, text) => bytes + 40 + text.length * 2, 128 + subject.length * 2)
}

/** Longest subject that is accepted, in characters: it becomes part of keys and documents. */
export const subjectLengthMax = 255

/**
 * Claims of a verified access token (RFC 9068 §2.2) or edge assertion → Principal.
 * Scopes are those of `scope` and of `scp`, each a text with spaces (RFC 8693 §4.2; Entra) or an array (Okta, Spring).
 * Returns `undefined` where `sub` is absent, empty or too long: such a token identifies nobody.
 */
export function principalFromClaims(claims: Readonly<Record<string, unknown>>): Principal | undefined {
  const { sub, scope, scp, spillway_priority: priority } = claims
  if (typeof sub !== 'string' || sub === '' || sub.length > subjectLengthMax) return undefined
  // Half of a surrogate pair can be written in no key, header or document.
  if (!sub.isWellFormed()) return undefined
  const scopes = [...new Set([...scopeNames(scope), ...scopeNames(scp)])]
  return { subject: sub, scopes, ...(isPriority(priority) && { priority }) }
}

/** A name holds no space (RFC 6749 §3.3): an item of an array that does would become two on its way to the origin. */
function scopeNames(claim: unknown): readonly string[] {
  const listed: readonly unknown[] =
    typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : []
  return listed.filter(
    (name): name is string => typeof name === 'string' && name !== '' && !name.includes(' '),
  )
}
