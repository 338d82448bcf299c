/**
 * The choices that RFC 9111 leaves to a cache. Two presets: `apiRules` for answers of our own origin, whose cache keys
 * come from the contract, and `passThroughRules` for any origin, strictly by the RFC.
 */
export interface CacheRules {
  /** Name in `Cache-Status` (RFC 9211 §2). */
  readonly name: string
  /**
   * Targeted cache-control fields, most preferred first (RFC 9213 §2.2): the first valid one replaces `Cache-Control`
   * and `Expires`.
   */
  readonly targetedFields: readonly string[]
  /** Whether `Surrogate-Control` (W3C Edge Architecture 1.0) counts as the last targeted field. */
  readonly surrogateControl: boolean
  /** Heuristic lifetime as a fraction of the time since `Last-Modified` (RFC 9111 §4.2.2); 0 disables heuristics. */
  readonly heuristicFraction: number
  /** Longest heuristic lifetime. */
  readonly heuristicMaxSeconds: number
  /**
   * `'never'`: answers with `Set-Cookie` are not stored, unless `private="set-cookie"` keeps the cookie out of the
   * store. `'explicit'`: they are stored, cookie included, if they declare a lifetime (RFC 9111 §7.3).
   */
  readonly storeSetCookie: 'never' | 'explicit'
  /**
   * Whether request directives count (RFC 9111 §5.2.1: advisory). Off for the API, where any caller could otherwise
   * send all of its reads to the origin.
   */
  readonly requestDirectives: boolean
  /**
   * Whether `Authorization` is checked before the look-up and the key separates callers that may not share. `false`
   * applies RFC 9111 §3.5: answers to authorized requests are stored only if marked as shareable.
   */
  readonly authorizationChecked: boolean
  /**
   * Whether all requests waiting for one fetch receive its 5xx, storable or not, so that a failing origin is asked once
   * and not a thousand times. RFC 9111 §4 collapses only requests with storable answers.
   */
  readonly shareErrors: boolean
  /** Whether `Vary` selects among stored answers (RFC 9111 §4.1); off when the key covers every dimension. */
  readonly vary: boolean
  /**
   * Whether `Date` replaces a missing `Last-Modified` for `If-Modified-Since` (RFC 9111 §4.3.2). Off where the origin
   * ignores that condition for documents without a modification date (RFC 9110 §13.1.3): cache and origin must answer
   * alike.
   */
  readonly dateStandsIn: boolean
  /**
   * Time past its lifetime for which an answer without `stale-if-error` may be served while the origin is unreachable:
   * "disconnected" in RFC 9111 §4.2.4.
   */
  readonly staleWhenDisconnectedSeconds: number
  /**
   * Content codings that the runtime decodes when it reads a body, in its own spelling. Such answers are stored and
   * sent decoded.
   */
  readonly decodedCodings: readonly string[]
  /**
   * Whether a purged answer may still be validated, and stand in for an error within stale-if-error. Off for strict RFC
   * 9111 §4.4: an invalidated answer is not sent until the origin confirms it.
   */
  readonly softPurge: boolean
  /**
   * Field of a 200 with the attributes by which callers are admitted to it, as a JSON object. Only answers to calls with a
   * viewer have it. @default none
   */
  readonly attributesField?: string
  /** Fields addressed to this cache: used, then removed before the answer goes to a client. Lower case. */
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
  attributesField: 'spillway-rule-attributes',
  ownFields: ['cache-tag', 'cdn-cache-control', 'spillway-rule-attributes'],
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
