/** Why a request is forwarded to the origin: the `fwd` parameter (RFC 9211 §2.2). */
export type ForwardReason =
  | 'bypass'
  | 'method'
  | 'uri-miss'
  | 'vary-miss'
  | 'miss'
  | 'stale'
  | 'request'
  | 'partial'

/** Our member of `Cache-Status` (RFC 9211). `ttl` is negative for a stale answer (§2.4). */
export function hitStatus(name: string, ttlSeconds: number, detail?: string): string {
  const status = `${name}; hit; ttl=${ttlSeconds}`
  return detail === undefined ? status : `${status}; detail=${detail}`
}

export interface Forwarded {
  readonly reason: ForwardReason
  /** The origin's status, if it answered. */
  readonly status?: number
  readonly stored?: boolean
  /** The request was collapsed into another one's fetch (§2.6). */
  readonly collapsed?: boolean
  readonly ttlSeconds?: number
  readonly detail?: string
}

export function forwardStatus(name: string, forwarded: Forwarded): string {
  let value = `${name}; fwd=${forwarded.reason}`
  if (forwarded.status !== undefined) value += `; fwd-status=${forwarded.status}`
  if (forwarded.ttlSeconds !== undefined) value += `; ttl=${forwarded.ttlSeconds}`
  if (forwarded.stored === true) value += '; stored'
  if (forwarded.collapsed === true) value += '; collapsed'
  if (forwarded.detail !== undefined) value += `; detail=${forwarded.detail}`
  return value
}
