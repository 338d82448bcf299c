/** Final statuses whose caching requirements we know and meet (RFC 9110 §15): what `must-understand` asks for. */
const understood = new Set([
  200, 203, 204, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 406, 409, 410, 411, 412, 413, 414,
  415, 421, 422, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504,
])

/** Statuses that may be stored without being told to (RFC 9110 §15.1), 206 left out: we store no partial answers. */
const heuristicallyCacheable = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])

/** Answers in whose place stale-if-error may stand (RFC 5861 §4). */
const originErrors = new Set([500, 502, 503, 504])

export const isUnderstood = (status: number): boolean => understood.has(status)
export const isHeuristicallyCacheable = (status: number): boolean => heuristicallyCacheable.has(status)
export const isOriginError = (status: number): boolean => originErrors.has(status)
