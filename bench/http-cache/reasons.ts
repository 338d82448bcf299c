const malformedPartial =
  'Partial answers are not stored (RFC 9111 §3.3 makes it optional). The suite’s partial answer is also malformed: it announces bytes 4-9, six of them, and carries five.'
const noMSearch =
  'workerd refuses the method M-SEARCH with a 501 of its own before any Worker sees the request.'

/** Each `required` and `optimal` test that the cache does not pass, with the reason. */
export const reasons: Readonly<Record<string, string>> = {
  '304-etag-update-response-ETag':
    'The origin answers a condition on one strong ETag with a 304 that carries another. RFC 9111 §4.3.4: such a 304 MUST NOT update what is stored. We ask again without conditions, which the suite’s origin answers with status 999.',
  'invalidate-M-SEARCH': noMSearch,
  'invalidate-M-SEARCH-cl': noMSearch,
  'invalidate-M-SEARCH-failed': noMSearch,
  'vary-normalise-lang-select':
    'Wants an answer reused for another Accept-Language because its Content-Language suits. RFC 9111 §4.1 allows reuse only where the two fields mean the same.',
  'conditional-lm-fresh-no-lm':
    'Wants a 304 for a date before the stored answer’s Date. RFC 9111 §4.3.2 allows it only for a later one.',
  'partial-store-partial-reuse-partial': malformedPartial,
  'partial-store-partial-reuse-partial-byterange': malformedPartial,
  'partial-store-partial-reuse-partial-absent': malformedPartial,
  'partial-store-partial-reuse-partial-suffix': malformedPartial,
  'partial-store-partial-complete': malformedPartial,
}
