/** Limits that both tiers enforce, so that what the edge lets through the origin does not refuse. */
export const limits = {
  /** Path and query of a request target, in bytes; RFC 9110 §4.1 recommends 8,000 at least. */
  urlLengthMax: 8_192,
  /** Query of a list in its one spelling, in characters: what a URL holds beside a cursor, so that every list can go on. */
  listQueryLengthMax: 4_096,
  /** Names and values of the client's fields that the edge passes on, together, in bytes. Others weigh nothing. */
  headerBytesMax: 16_384,
  /** An access token, in bytes; RFC 8725 sets no limit, but what is parsed before it is verified must be small. */
  tokenBytesMax: 8_192,
  /**
   * An assertion of the edge, in bytes. It says no more than the token that it stands for, but its own header, issuer and
   * times may be longer by this kilobyte: of every token that the edge takes, the origin takes the assertion.
   */
  assertionBytesMax: 9_216,
  /**
   * Request line and header fields as they reach the origin, in bytes: the target, what the edge passes on, and what it
   * adds, the assertion among it.
   */
  forwardedHeadBytesMax: 37_888,
  /** A request body, in bytes, after any transfer coding. */
  bodyBytesMax: 262_144,
  /** Parameters in one query string. */
  queryParametersMax: 32,
  /** Values in one `in` filter. */
  inValuesMax: 50,
  /** Filters in one `or`: the database scans an index for each. */
  alternativesMax: 8,
  /** Fields in one `sort`. */
  sortFieldsMax: 3,
  /** Characters of a filter value. */
  filterValueLengthMax: 256,
  /** Characters that the texts of one sort may have together: what a cursor can carry. */
  sortTextLengthMax: 256,
  /** Characters of a cursor: the longest texts of a sort, at JSON's six bytes a character and in base64, and the rest. */
  cursorLengthMax: 2_304,
  /** Nesting of a JSON body. */
  jsonDepthMax: 16,
  /** Different member names in a JSON body, all of its objects together: what a batch of documents has many times over. */
  jsonNamesMax: 1_024,
  /** Arrays and objects in a JSON body: one for each eight bytes of the largest. They cost more to read than other text. */
  jsonContainersMax: 32_768,
  /** Characters of an Idempotency-Key. */
  idempotencyKeyLengthMax: 255,
} as const

/** Ids in paths: what we make (UUID) and what data sets bring along; no character that needs escaping. */
export const idPattern = /^[A-Za-z0-9_-]{1,64}$/
