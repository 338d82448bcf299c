import type { FieldReader } from '../../lib/field-map.ts'
import type { Lifetime } from './freshness.ts'
import type { RequestControl } from './request-control.ts'
import type { ResponseControl } from './response-control.ts'
import type { CacheRules } from './rules.ts'
import { isHeuristicallyCacheable, isUnderstood } from './status.ts'
import { varyNames } from './vary.ts'

/** Why an answer is not stored, for `Cache-Status` and the logs. */
export type NotStored =
  | 'method'
  | 'status'
  | 'no-store'
  | 'private'
  | 'authorization'
  | 'set-cookie'
  | 'vary'
  | 'not-understood'
  | 'no-permission'
  | 'no-use'
  | 'no-transform'
  | 'tags'
  | 'too-large'

export interface Candidate {
  readonly method: string
  readonly requestHeaders: FieldReader
  readonly request: RequestControl
  readonly status: number
  readonly headers: FieldReader
  readonly control: ResponseControl
  readonly lifetime: Lifetime
  /** For a POST: whether `Content-Location` names the target URI itself (RFC 9110 §9.3.3). */
  readonly locatesTarget?: boolean
}

/** RFC 9111 §3, condition by condition. @returns `undefined` if the answer may be stored */
export function whyNotStored(candidate: Candidate, rules: CacheRules): NotStored | undefined {
  const { method, status, headers, control, lifetime } = candidate
  const isPost = method === 'POST' && candidate.locatesTarget === true && lifetime.explicit
  if (method !== 'GET' && !isPost) return 'method'
  // 206 would need the combining of §3.4; an unrequested 304 describes an answer that is not stored.
  if (status < 200 || status === 206 || status === 304) return 'status'
  if (control.mustUnderstand && !isUnderstood(status)) return 'not-understood'
  // §5.2.2.3: a cache that implements `must-understand` ignores the `no-store` beside it.
  if ((control.noStore && !control.mustUnderstand) || candidate.request.noStore) return 'no-store'
  if (control.private) return 'private'
  if (!rules.authorizationChecked && candidate.requestHeaders.has('authorization') && !isForAll(control)) {
    return 'authorization'
  }
  if (headers.has('set-cookie') && (rules.storeSetCookie === 'never' || !lifetime.explicit))
    return 'set-cookie'
  if (rules.vary && varyNames(headers.get('vary')) === '*') return 'vary'
  if (!control.public && !lifetime.explicit && !isHeuristicallyCacheable(status)) return 'no-permission'
  return hasUse(candidate, rules) ? undefined : 'no-use'
}

/** §3.5: directives that let a shared cache store the answer to a request with `Authorization`. */
const isForAll = (control: ResponseControl): boolean =>
  control.public || control.mustRevalidate || control.hasSharedMaxAge

/** Rejects an answer that is never fresh, never usable stale and has no validator: it would only take up memory. */
function hasUse({ headers, control, lifetime }: Candidate, rules: CacheRules): boolean {
  if (headers.has('etag') || headers.has('last-modified')) return true
  if (control.noCache) return false
  if (lifetime.seconds > 0) return true
  if (control.staleForbidden || !lifetime.explicit) return false
  return (
    control.staleWhileRevalidateSeconds > 0 ||
    (control.staleIfErrorSeconds ?? rules.staleWhenDisconnectedSeconds) > 0
  )
}
