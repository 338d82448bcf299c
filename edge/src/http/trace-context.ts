/** Trace of a request: W3C Trace Context, level 1, https://www.w3.org/TR/trace-context/ */
export interface TraceContext {
  readonly traceId: string
  /** The caller's span; `undefined` if the trace begins with this request. */
  readonly callerSpanId: string | undefined
  /** Trace flags for the next hop (§3.2.2.5), two hex digits: `01` asks it to record the request. */
  readonly flags: string
  /** Passed on unchanged, and only with a valid `traceparent` (§3.3.1.1). */
  readonly tracestate: string | undefined
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const tracestateLengthMax = 512

/** Continues the caller's trace if it is valid, or begins one with the id that `newTraceId` gives. */
export function readTrace(
  traceparent: string | null,
  tracestate: string | null,
  newTraceId: () => string,
): TraceContext {
  const match = traceparent === null ? null : pattern.exec(traceparent)
  const [, version, traceId = '', callerSpanId = '', flags = '', rest] = match ?? []
  // Version 00 has exactly four parts; later ones may have more; ff is never valid (§3.2.2.1, §4.3).
  const isValid =
    match !== null &&
    version !== 'ff' &&
    (version !== '00' || rest === undefined) &&
    !/^0+$/.test(traceId) &&
    !/^0+$/.test(callerSpanId)
  if (!isValid) return { traceId: newTraceId(), callerSpanId: undefined, flags: '01', tracestate: undefined }
  const kept = tracestate !== null && tracestate.length <= tracestateLengthMax ? tracestate : undefined
  return { traceId, callerSpanId, flags, tracestate: kept }
}

/** `traceparent` for the next hop. */
export const formatTraceparent = ({ traceId, flags }: TraceContext, spanId: string): string =>
  `00-${traceId}-${spanId}-${flags}`

/** The digits of a version 4 UUID. */
export const traceIdOf = (uuid: string): string => uuid.replaceAll('-', '')

/** Its last sixteen digits; the variant digit makes them non-zero (RFC 9562 §5.4). */
export const spanIdOf = (uuid: string): string => traceIdOf(uuid).slice(16)
