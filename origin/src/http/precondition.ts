import type { IncomingHttpHeaders } from 'node:http'
import {
  type DocumentTag,
  listsElement,
  type Parsed,
  type Problem,
  parseEtags,
} from '@spillway/origin/contract'
import { headerOf } from './request.ts'

/**
 * Conditional requests in the order of RFC 9110 §13.2.2: If-Match, then If-None-Match. Answers have no Last-Modified,
 * so the two conditions on dates are ignored (§13.1.3, §13.1.4). Range requests are not supported. Conditions are
 * evaluated only if the request would succeed without them (§13.2.1).
 */

/** Tags of a condition; `'any'` for `*`. */
export type Tags = readonly DocumentTag[] | 'any'

export interface Preconditions {
  readonly ifMatch: Tags | undefined
  readonly ifNoneMatch: Tags | undefined
}

const unconditional: Parsed<Preconditions> = {
  ok: true,
  value: { ifMatch: undefined, ifNoneMatch: undefined },
}

/**
 * Parses both conditions. On a read, a malformed If-None-Match matches nothing and the full answer is sent, as the edge
 * does for a cached one. On a write it is refused, because ignoring it could overwrite a document that the caller meant
 * to protect.
 */
export function parsePreconditions(
  headers: IncomingHttpHeaders,
  use: 'read' | 'write',
): Parsed<Preconditions> {
  const ifMatch = headerOf(headers, 'if-match')
  const ifNoneMatch = headerOf(headers, 'if-none-match')
  if (ifMatch === undefined && ifNoneMatch === undefined) return unconditional
  const match = ifMatch === undefined ? undefined : parseEtags(ifMatch)
  if (ifMatch !== undefined && match === undefined) return malformed('If-Match')
  const noneMatch = ifNoneMatch === undefined ? undefined : parseEtags(ifNoneMatch)
  if (ifNoneMatch !== undefined && noneMatch === undefined && use === 'write')
    return malformed('If-None-Match')
  return { ok: true, value: { ifMatch: match, ifNoneMatch: noneMatch } }
}

/**
 * Evaluates the conditions for an existing document of this version, shown in this revision.
 * If-Match is about the document, so only versions are compared. If-None-Match is about the representation, so whole
 * tags are compared ({@link ../../contract/etag.ts}).
 */
export function evaluatePreconditions(
  { ifMatch, ifNoneMatch }: Preconditions,
  version: number,
  revision: string,
): 'proceed' | 'ifMatchFailed' | 'ifNoneMatchFailed' {
  if (ifMatch !== undefined && ifMatch !== 'any' && !ifMatch.some((tag) => tag.version === version))
    return 'ifMatchFailed'
  const isHeld =
    ifNoneMatch === 'any' ||
    ifNoneMatch?.some((tag) => tag.version === version && tag.revision === revision) === true
  return isHeld ? 'ifNoneMatchFailed' : 'proceed'
}

/** Whether an If-None-Match contains this entity tag of a list. */
export function namesListEtag(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch.trim() === '*') return true
  // Weak comparison (§13.1.2). Entity tags of lists hold no comma.
  return listsElement(ifNoneMatch, etag) || listsElement(ifNoneMatch, `W/${etag}`)
}

const failures = {
  ifMatchFailed: 'If-Match does not match',
  ifNoneMatchFailed: 'If-None-Match matches',
} as const

/** The 412 of a document: names the failed condition and the current entity tag. */
export const preconditionFailed = (verdict: keyof typeof failures, etag: string): Problem => ({
  code: 'precondition-failed',
  detail: `${failures[verdict]}: the current ETag is ${etag}. Read the document again before you retry.`,
  headers: { etag },
})

export const preconditionRequired: Problem = {
  code: 'precondition-required',
  detail:
    'Send the ETag of the document in If-Match, so that the write cannot overwrite a concurrent change.',
}

export const malformed = (header: string): { readonly ok: false; readonly problem: Problem } => {
  const detail = `${header} is not a list of at most 512 entity tags such as "3", or *.`
  return {
    ok: false,
    problem: { code: 'invalid-header', detail, errors: [{ header, detail }] },
  }
}
