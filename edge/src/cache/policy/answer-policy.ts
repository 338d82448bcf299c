import type { FieldReader } from '../../lib/field-map.ts'
import { initialAgeMs, parseAge } from './age.ts'
import { freshnessLifetime } from './freshness.ts'
import { parseHttpDate } from './http-date.ts'
import type { Validators } from './preconditions.ts'
import { type ResponseControl, responseControl } from './response-control.ts'
import type { CacheRules } from './rules.ts'

/**
 * Everything that a stored answer says about its reuse, as epoch milliseconds. Computed once, when the answer is stored
 * or loaded, so that a hit only compares numbers.
 */
export interface AnswerPolicy extends Validators {
  /** Time at which the age was zero: age = now - this (RFC 9111 §4.2.3). */
  readonly bornAtMs: number
  /** Fresh before this instant (§4.2). */
  readonly freshUntilMs: number
  /** Usable before this instant while being validated in the background (RFC 5861 §3). */
  readonly staleWhileRevalidateUntilMs: number
  /** Usable before this instant in place of an error (RFC 5861 §4). */
  readonly staleIfErrorUntilMs: number
  /** Usable before this instant while the origin cannot be reached (RFC 9111 §4.2.4). */
  readonly disconnectedUntilMs: number
  /** `no-cache`: never used without validation (§5.2.2.4). */
  readonly alwaysValidate: boolean
  /** Never served stale, whatever the client permits (§4.2.4). */
  readonly staleForbidden: boolean
}

export interface PolicyInput {
  readonly status: number
  readonly headers: FieldReader
  readonly requestedAtMs: number
  readonly receivedAtMs: number
}

export function answerPolicy(
  answer: PolicyInput,
  rules: CacheRules,
  control: ResponseControl = responseControl(answer.headers, rules),
): AnswerPolicy {
  const { headers, status, requestedAtMs, receivedAtMs } = answer
  const date = headers.get('date')
  const lastModified = headers.get('last-modified')
  const lastModifiedMs = lastModified === null ? undefined : parseHttpDate(lastModified, receivedAtMs)
  const dateMs = parseHttpDate(date ?? '', receivedAtMs) ?? receivedAtMs
  const lifetime = freshnessLifetime({ status, headers, control }, rules, receivedAtMs)
  const ageSeconds = parseAge(headers.get('age'))
  const bornAtMs = receivedAtMs - initialAgeMs({ ageSeconds, date, requestedAtMs, receivedAtMs })
  const freshUntilMs = control.noCache ? bornAtMs : bornAtMs + lifetime.seconds * 1000
  const staleUntil = (seconds: number): number =>
    control.staleForbidden ? freshUntilMs : freshUntilMs + seconds * 1000
  const staleIfErrorSeconds = control.staleIfErrorSeconds ?? 0
  return {
    bornAtMs,
    freshUntilMs,
    staleWhileRevalidateUntilMs: staleUntil(control.staleWhileRevalidateSeconds),
    staleIfErrorUntilMs: staleUntil(staleIfErrorSeconds),
    disconnectedUntilMs: staleUntil(control.staleIfErrorSeconds ?? rules.staleWhenDisconnectedSeconds),
    alwaysValidate: control.noCache,
    staleForbidden: control.staleForbidden,
    etag: headers.get('etag'),
    lastModified,
    lastModifiedMs,
    dateMs,
    modifiedMs: lastModifiedMs ?? (rules.dateStandsIn ? dateMs : undefined),
  }
}
