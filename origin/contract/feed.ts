/** Name of the change feed in paths. No document of a resource with events can be reached under it. */
export const feedName = 'changes'

/** Media type of a feed as a stream (HTML standard, "Server-sent events"). */
export const streamMediaType = 'text/event-stream'

/** Bounds of one answer of a feed. */
export const feedLimits = {
  /** Longest wait for a change, in seconds. */
  waitSecondsMax: 25,
  /** Changes in one answer in JSON. */
  changesMax: 100,
  /** Length of a stream, in ms. Its reader comes back then, and its token is checked again. */
  streamMs: 60_000,
  /** Interval of a stream's heartbeats, in ms. */
  heartbeatMs: 15_000,
} as const
