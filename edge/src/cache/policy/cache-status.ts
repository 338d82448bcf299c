/** Why a request goes on to the origin: the `fwd` parameter (RFC 9211 §2.2). */
export type ForwardReason =
  | 'bypass'
  | 'method'
  | 'uri-miss'
  | 'vary-miss'
  | 'miss'
  | 'stale'
  | 'request'
  | 'partial'

/** `Cache-Status` (RFC 9211): one member of the list, ours. `ttl` is negative for what is served stale (§2.4). */
export function hitStatus(name: string, ttlSeconds: number, detail?: string): string {
  const status = `${name}; hit; ttl=${ttlSeconds}`
  return detail === undefined ? status : `${status}; detail=${detail}`
}

export interface Forwarded {
  readonly reason: ForwardReason
  /** Status that the origin gave, where it gave one. */
  readonly status?: number
  readonly stored?: boolean
  /** Another request's forward was awaited (§2.6). */
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
