/**
 * The origin's load signal: a structured-field dictionary (RFC 9651 §3.2) on every answer, so that the edge can hold
 * back before the origin has to refuse.
 */
export interface Load {
  /** Requests in work divided by the limit: 1 is full. */
  readonly utilization: number
  /** How long the last admitted request waited for its turn, in ms. */
  readonly queueMs: number
  /** Share of requests refused lately, 0 to 1. */
  readonly shed: number
}

/** `u=0.63, q=4, s=0.020` */
export const formatLoad = ({ utilization, queueMs, shed }: Load): string =>
  `u=${utilization.toFixed(2)}, q=${Math.round(queueMs)}, s=${shed.toFixed(3)}`

const pattern = /^u=(\d{1,4}\.\d{2}), q=(\d{1,7}), s=([01]\.\d{3})$/

/** Load of a header, or `undefined` where it is absent or not in the form of {@link formatLoad}. */
export function parseLoad(value: string | undefined | null): Load | undefined {
  const match = pattern.exec(value ?? '')
  if (match === null) return undefined
  return { utilization: Number(match[1]), queueMs: Number(match[2]), shed: Number(match[3]) }
}
