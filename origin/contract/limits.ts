/** Limits that both tiers enforce, so that the origin accepts everything that the edge lets through. */
export const limits = {
  /** Path and query of a request target, in bytes; RFC 9110 §4.1 recommends at least 8,000. */
  urlLengthMax: 8_192,
  /**
   * Canonical query of a list, in characters: leaves room for a cursor in the URL, so that every list can be continued.
   */
  listQueryLengthMax: 4_096,
  /** Header fields that the edge forwards, names and values together, in bytes. Other fields are not counted. */
  headerBytesMax: 16_384,
  /**
   * An access token, in bytes. RFC 8725 sets no limit, but the token is parsed before it is verified, so it must be
   * small.
   */
  tokenBytesMax: 8_192,
  /**
   * An assertion of the edge, in bytes: a kilobyte more than a token, for its own header, issuer and times, so that the
   * assertion for every accepted token fits.
   */
  assertionBytesMax: 9_216,
  /**
   * Request line and header fields at the origin, in bytes: the target, the forwarded fields, and the fields that the
   * edge adds, with the assertion.
   */
  forwardedHeadBytesMax: 37_888,
  /** A request body, in bytes, after decoding the transfer coding. */
  bodyBytesMax: 262_144,
  /** Parameters in one query string. */
  queryParametersMax: 32,
  /** Values in one `in` filter. */
  inValuesMax: 50,
  /** Filters in one `or`: the database scans an index for each. */
  alternativesMax: 8,
  /** Words in one `search`. */
  searchWordsMax: 8,
  /** Metres around a place: every document within them is looked at. */
  nearMetresMax: 100_000,
  /** Fields in one `sort`. */
  sortFieldsMax: 3,
  /** Characters of a filter value. */
  filterValueLengthMax: 256,
  /** Characters of all strings in one sort's values, as far as a cursor can hold them. */
  sortTextLengthMax: 256,
  /**
   * Characters of a cursor: the longest strings of a sort, with six bytes per character in JSON, then base64, and the
   * rest.
   */
  cursorLengthMax: 2_304,
  /** Nesting depth of a JSON body. */
  jsonDepthMax: 16,
  /** Distinct member names in a JSON body, over all objects; a batch repeats the same names. */
  jsonNamesMax: 1_024,
  /**
   * Arrays and objects in a JSON body: one per eight bytes of the largest body. They cost more to parse than other
   * text.
   */
  jsonContainersMax: 32_768,
  /** Characters of an Idempotency-Key. */
  idempotencyKeyLengthMax: 255,
} as const

/** Ids in paths: generated ones (UUID) and those of data sets; no character that needs percent-encoding. */
export const idPattern = /^[A-Za-z0-9_-]{1,64}$/
