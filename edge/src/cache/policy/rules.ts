/**
 * The choices that RFC 9111 leaves to a cache, in one object. Two presets: `apiRules` for answers of our own origin,
 * whose keys are built from the contract, and `passThroughRules` for any origin, by the letter of the RFC.
 */
export interface CacheRules {
  /** Name in `Cache-Status` (RFC 9211 §2). */
  readonly name: string
  /**
   * Fields with targeted cache control, most preferred first (RFC 9213 §2.2): the first one present with a valid value
   * takes the place of `Cache-Control` and `Expires`.
   */
  readonly targetedFields: readonly string[]
  /** Whether `Surrogate-Control` (W3C Edge Architecture 1.0) counts as the last of the targeted fields. */
  readonly surrogateControl: boolean
  /** Heuristic lifetime as a share of the time since `Last-Modified` (RFC 9111 §4.2.2); 0 turns heuristics off. */
  readonly heuristicFraction: number
  /** Longest heuristic lifetime. */
  readonly heuristicMaxSeconds: number
  /**
   * `'never'`: an answer with `Set-Cookie` is not stored, unless `private="set-cookie"` keeps the cookie out of the store. `'explicit'`: it is stored, cookie and all, when it declares
   * a lifetime of its own, as RFC 9111 §7.3 has it.
   */
  readonly storeSetCookie: 'never' | 'explicit'
  /**
   * Whether request directives count (RFC 9111 §5.2.1: advisory). Off where any caller could otherwise make every one
   * of their reads reach the origin.
   */
  readonly requestDirectives: boolean
  /**
   * Whether the caller has checked `Authorization` before the look-up and the key separates those who may not share.
   * `false` applies RFC 9111 §3.5: answers to authorized requests are stored only when marked as shareable.
   */
  readonly authorizationChecked: boolean
  /**
   * Whether requests that waited for the same fetch are all answered with its 5xx, storable or not, so that a failing
   * origin is asked once and not a thousand times. Collapsing is otherwise for storable answers alone (RFC 9111 §4).
   */
  readonly shareErrors: boolean
  /** Whether `Vary` selects among stored answers (RFC 9111 §4.1), or the key already holds every dimension. */
  readonly vary: boolean
  /**
   * Whether `Date` stands in for a missing `Last-Modified` where `If-Modified-Since` is evaluated (RFC 9111 §4.3.2). Not
   * where the origin ignores that condition on what has no date of modification (RFC 9110 §13.1.3): the answer to it
   * must not depend on who gives it.
   */
  readonly dateStandsIn: boolean
  /**
   * How long past its lifetime an answer without `stale-if-error` may still be used while the origin cannot be reached
   * at all: the "disconnected" of RFC 9111 §4.2.4.
   */
  readonly staleWhenDisconnectedSeconds: number
  /**
   * Content codings that the runtime undoes when a body is read, in its own spelling. Such answers are stored, and sent,
   * without the coding.
   */
  readonly decodedCodings: readonly string[]
  /**
   * Whether a purged answer may still stand in for an error within its stale-if-error, and be validated. Off by the letter
   * of RFC 9111 §4.4: what was invalidated is not sent until the origin has confirmed it.
   */
  readonly softPurge: boolean
  /** Fields meant for this cache alone: used, then removed before an answer goes to a client. Lower case. */
  readonly ownFields: readonly string[]
}

export const apiRules: CacheRules = {
  name: 'Spillway',
  targetedFields: ['cdn-cache-control'],
  surrogateControl: false,
  heuristicFraction: 0,
  heuristicMaxSeconds: 0,
  storeSetCookie: 'never',
  requestDirectives: false,
  authorizationChecked: true,
  shareErrors: true,
  vary: false,
  dateStandsIn: false,
  staleWhenDisconnectedSeconds: 0,
  softPurge: true,
  decodedCodings: ['gzip', 'br'],
  ownFields: ['cache-tag', 'cdn-cache-control'],
}

export const passThroughRules: CacheRules = {
  name: 'Spillway',
  targetedFields: ['cdn-cache-control'],
  surrogateControl: true,
  heuristicFraction: 0.1,
  heuristicMaxSeconds: 86_400,
  storeSetCookie: 'never',
  requestDirectives: true,
  authorizationChecked: false,
  shareErrors: false,
  vary: true,
  dateStandsIn: true,
  staleWhenDisconnectedSeconds: 3600,
  softPurge: false,
  decodedCodings: ['gzip', 'br'],
  ownFields: ['cache-tag', 'surrogate-control'],
}
