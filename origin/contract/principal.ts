import type { Priority } from './priority.ts'
import { isPriority } from './priority.ts'

/** The caller, as access rules see it. Only this module reads claims. */
export interface Principal {
  readonly subject: string
  readonly scopes: readonly string[]
  /** Values of the claims that the application's rules read, if the token has any. */
  readonly claims?: Readonly<Record<string, readonly string[]>>
  /** Priority of all of this caller's requests, if the issuer sets one. */
  readonly priority?: Priority
}

/**
 * Upper bound of a principal's memory, in bytes: each scope is a string of its own, so many short scopes take a dozen
 * times their size in the token.
 */
export function principalBytes({ subject, scopes, claims = {} }: Principal): number {
  const texts = [...scopes, ...Object.entries(claims).flatMap(([name, values]) => [name, ...values])]
  return texts.reduce((bytes, text) => bytes + 40 + text.length * 2, 128 + subject.length * 2)
}

/** Maximum length of a subject, in characters: it becomes part of keys and documents. */
export const subjectLengthMax = 255

/**
 * Converts the claims of a verified access token (RFC 9068 §2.2) or assertion to a principal. Scopes come from `scope`
 * and `scp`, each a string with spaces (RFC 8693 §4.2; Entra) or an array (Okta, Spring). Returns `undefined` if `sub`
 * is absent, empty or too long: such a token identifies no caller.
 */
export function principalFromClaims(claims: Readonly<Record<string, unknown>>): Principal | undefined {
  const { sub, scope, scp, spillway_priority: priority } = claims
  if (typeof sub !== 'string' || sub === '' || sub.length > subjectLengthMax) return undefined
  // A lone surrogate can be written in no key, header or document.
  if (!sub.isWellFormed()) return undefined
  const scopes = [...new Set([...scopeNames(scope), ...scopeNames(scp)])]
  return { subject: sub, scopes, ...(isPriority(priority) && { priority }) }
}

/** Ignores array items with a space (RFC 6749 §3.3), which would become two scopes on the way to the origin. */
function scopeNames(claim: unknown): readonly string[] {
  const listed: readonly unknown[] =
    typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : []
  return listed.filter(
    (name): name is string => typeof name === 'string' && name !== '' && !name.includes(' '),
  )
}
