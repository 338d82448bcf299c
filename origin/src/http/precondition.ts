import {
  type DocumentTag,
  listsElement,
  type Parsed,
  type Problem,
  parseEtags,
} from '@spillway/origin/contract'

/**
 * Conditional requests in the order of RFC 9110 §13.2.2: If-Match, then If-None-Match. There is no Last-Modified, so
 * the two conditions on dates have nothing to be compared with and are ignored (§13.1.3, §13.1.4); ranges are not
 * served. Conditions are looked at only where the request would succeed without them (§13.2.1).
 */

/** Tags that a condition names; `'any'` for `*`. */
export type Tags = readonly DocumentTag[] | 'any'

export interface Preconditions {
  readonly ifMatch: Tags | undefined
  readonly ifNoneMatch: Tags | undefined
}

type Conditions = Readonly<Record<string, string | string[] | undefined>>

const unconditional: Parsed<Preconditions> = {
  ok: true,
  value: { ifMatch: undefined, ifNoneMatch: undefined },
}

/**
 * An If-None-Match that cannot be read matches nothing: a reader is sent what it asked for, as the edge does from its
 * cache. A write is refused instead, since its author meant to guard something.
 */
export function parsePreconditions(headers: Conditions, use: 'read' | 'write'): Parsed<Preconditions> {
  const ifMatch = headers['if-match'] as string | undefined
  const ifNoneMatch = headers['if-none-match'] as string | undefined
  if (ifMatch === undefined && ifNoneMatch === undefined) return unconditional
  const match = ifMatch === undefined ? undefined : parseEtags(ifMatch)
  if (ifMatch !== undefined && match === undefined) return malformed('If-Match')
  const noneMatch = ifNoneMatch === undefined ? undefined : parseEtags(ifNoneMatch)
  if (ifNoneMatch !== undefined && noneMatch === undefined && use === 'write')
    return malformed('If-None-Match')
  return { ok: true, value: { ifMatch: match, ifNoneMatch: noneMatch } }
}

/**
 * Evaluates the conditions for a document that is there, at this version and shown in this revision.
 * If-Match is about the document, so its versions alone are compared; If-None-Match is about what would be sent, so whole
 * tags are ({@link ../../contract/etag.ts}).
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

/** Whether an If-None-Match names this entity tag of a list. */
export function namesListEtag(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch.trim() === '*') return true
  // Weak comparison (§13.1.2). Our tags hold no comma.
  return listsElement(ifNoneMatch, etag) || listsElement(ifNoneMatch, `W/${etag}`)
}

const failures = {
  ifMatchFailed: 'If-Match does not match',
  ifNoneMatchFailed: 'If-None-Match matches',
} as const

/** The 412 of a document that has this entity tag now, and the condition that it is because of. */
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
