/** Limits that both tiers enforce, so that what the edge lets through the origin does not refuse. */
export const limits = {
  /** Path and query of a request target, in bytes. */
  urlLengthMax: 4_096,
  /** All request header names and values together, in bytes. */
  headerBytesMax: 16_384,
  /** A request body, in bytes, after any transfer coding. */
  bodyBytesMax: 262_144,
  /** Parameters in one query string. */
  queryParametersMax: 32,
  /** Values in one `in` filter. */
  inValuesMax: 50,
  /** Fields in one `sort`. */
  sortFieldsMax: 3,
  /** Characters of a filter value. */
  filterValueLengthMax: 256,
  /** Characters of a cursor. */
  cursorLengthMax: 1_024,
  /** Nesting of a JSON body. */
  jsonDepthMax: 16,
  /** Characters of an Idempotency-Key. */
  idempotencyKeyLengthMax: 255,
} as const

/** Ids in paths: what we make (UUID) and what data sets bring along; no character that needs escaping. */
export const idPattern = /^[A-Za-z0-9_-]{1,64}$/
