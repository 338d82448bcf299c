/** Final statuses whose caching requirements this cache implements (RFC 9110 §15), for `must-understand`. */
const understood = new Set([
  200, 203, 204, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 406, 409, 410, 411, 412, 413, 414,
  415, 421, 422, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504,
])

/** Heuristically cacheable statuses (RFC 9110 §15.1), except 206: partial answers are not stored. */
const heuristicallyCacheable = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])

/** Errors that stale-if-error covers (RFC 5861 §4). */
const originErrors = new Set([500, 502, 503, 504])

export const isUnderstood = (status: number): boolean => understood.has(status)
export const isHeuristicallyCacheable = (status: number): boolean => heuristicallyCacheable.has(status)
export const isOriginError = (status: number): boolean => originErrors.has(status)
