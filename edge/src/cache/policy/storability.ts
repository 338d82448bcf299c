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
  readonly requestHeaders: Headers
  readonly request: RequestControl
  readonly status: number
  readonly headers: Headers
  readonly control: ResponseControl
  readonly lifetime: Lifetime
  /** For a POST: whether `Content-Location` names the target URI itself (RFC 9110 §9.3.3). */
  readonly locatesTarget?: boolean
}

/** RFC 9111 §3, condition by condition. @returns `undefined` when the answer may be stored */
export function whyNotStored(candidate: Candidate, rules: CacheRules): NotStored | undefined {
  const { method, status, headers, control, lifetime } = candidate
  const isPost = method === 'POST' && candidate.locatesTarget === true && lifetime.explicit
  if (method !== 'GET' && !isPost) return 'method'
  // 206 would need the combining of §3.4; a 304 that we did not ask for describes an answer that we do not have.
  if (status < 200 || status === 206 || status === 304) return 'status'
  if (control.mustUnderstand && !isUnderstood(status)) return 'not-understood'
  // §5.2.2.3: `must-understand, no-store` is stored by those who understand.
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

/** §3.5: what lets a shared cache store the answer to a request with `Authorization`. */
const isForAll = (control: ResponseControl): boolean =>
  control.public || control.mustRevalidate || control.hasSharedMaxAge

/** An answer never fresh, never usable stale and without a validator would only take up room. */
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
