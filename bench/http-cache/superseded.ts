const ignored =
  'Wants an Age that is no number taken for stale. RFC 9111 §5.1: a cache SHOULD ignore it, as if it were absent.'
const firstMember = 'Wants a list in Age taken for stale. RFC 9111 §5.1: a cache SHOULD use its first member.'

/**
 * Tests of http-cache-tests 0.4.5 that require the opposite of RFC 9111, each with the section. The suite's repository
 * has corrected them since. They count for no cache, and ours must not pass any of them.
 */
export const superseded: Readonly<Record<string, string>> = {
  'age-parse-nonnumeric': ignored,
  'age-parse-negative': ignored,
  'age-parse-float': ignored,
  'age-parse-parameter': ignored,
  'age-parse-numeric-parameter': ignored,
  'age-parse-prefix-twoline': firstMember,
  'age-parse-dup-0': firstMember,
  'age-parse-dup-0-twoline': firstMember,
  'age-parse-dup-old': firstMember,
}
