/**
 * Answer → client → request: the caller's own writes ({@link ./consistency-token.ts}); also a cookie of the same name.
 */
export const consistencyHeader = 'spillway-consistency'

/** Request: `1` asks for `Server-Timing` in the answer. */
export const timingHeader = 'spillway-timing'
