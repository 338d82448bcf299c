/**
 * The origin's load, as a structured-field dictionary (RFC 9651 §3.2) in every answer, so that the edge can reduce its
 * requests before the origin has to refuse them.
 */
export interface Load {
  /** Requests in service divided by the limit; 1 at the limit. */
  readonly utilization: number
  /** Time that the last admitted request waited in the queue, in ms. */
  readonly queueMs: number
  /** Recent share of refused requests, 0 to 1. */
  readonly shed: number
}

/** `u=0.63, q=4, s=0.020` */
export const formatLoad = ({ utilization, queueMs, shed }: Load): string =>
  `u=${utilization.toFixed(2)}, q=${Math.round(queueMs)}, s=${shed.toFixed(3)}`

const pattern = /^u=(\d{1,4}\.\d{2}), q=(\d{1,7}), s=([01]\.\d{3})$/

/** Parses the header; `undefined` if it is absent or was not made by {@link formatLoad}. */
export function parseLoad(value: string | undefined | null): Load | undefined {
  const match = pattern.exec(value ?? '')
  if (match === null) return undefined
  return { utilization: Number(match[1]), queueMs: Number(match[2]), shed: Number(match[3]) }
}
