import type { FieldReader } from '../../lib/field-map.ts'
import { parseHttpDate } from './http-date.ts'
import type { ResponseControl } from './response-control.ts'
import type { CacheRules } from './rules.ts'
import { isHeuristicallyCacheable } from './status.ts'

/** Lifetime of an answer, and whether the answer set it explicitly (RFC 9111 §4.2.1). */
export interface Lifetime {
  readonly seconds: number
  readonly explicit: boolean
}

/** The part of an answer that determines its lifetime. */
export interface Received {
  readonly status: number
  readonly headers: FieldReader
  readonly control: ResponseControl
}

/** @param nowMs when the answer was received: replaces a missing `Date` */
export function freshnessLifetime(answer: Received, rules: CacheRules, nowMs: number): Lifetime {
  const explicit = explicitLifetimeSeconds(answer, nowMs)
  if (explicit !== undefined) return { seconds: explicit, explicit: true }
  return { seconds: heuristicLifetimeSeconds(answer, rules, nowMs), explicit: false }
}

/** `s-maxage`, else `max-age`, else `Expires` minus `Date`; an invalid value means expired (§5.3). */
function explicitLifetimeSeconds({ headers, control }: Received, nowMs: number): number | undefined {
  if (control.lifetimeSeconds !== undefined) return control.lifetimeSeconds
  const expires = headers.get('expires')
  if (expires === null || control.targeted) return undefined
  const expiresMs = parseHttpDate(expires, nowMs)
  if (expiresMs === undefined) return 0
  return Math.max(0, (expiresMs - dateMs(headers, nowMs)) / 1000)
}

/** A fraction of the time since the last modification (§4.2.2), if the status or `public` permits heuristics. */
function heuristicLifetimeSeconds(
  { status, headers, control }: Received,
  rules: CacheRules,
  nowMs: number,
): number {
  const lastModified = headers.get('last-modified')
  if (lastModified === null || control.targeted) return 0
  if (!isHeuristicallyCacheable(status) && !control.public) return 0
  const lastModifiedMs = parseHttpDate(lastModified, nowMs)
  if (lastModifiedMs === undefined) return 0
  const unchangedSeconds = Math.max(0, dateMs(headers, nowMs) - lastModifiedMs) / 1000
  return Math.min(unchangedSeconds * rules.heuristicFraction, rules.heuristicMaxSeconds)
}

const dateMs = (headers: FieldReader, nowMs: number): number =>
  parseHttpDate(headers.get('date') ?? '', nowMs) ?? nowMs
