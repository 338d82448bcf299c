/** W3C Trace Context, level 1: https://www.w3.org/TR/trace-context/ */
export interface TraceContext {
  /** `traceparent` for the next hop: the caller's trace if valid, with a parent id of our own. */
  readonly traceparent: string
  readonly traceId: string
  /** Passed on unchanged, and only with a valid `traceparent` (§3.3.1.1). */
  readonly tracestate: string | undefined
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const tracestateLengthMax = 512

/** @param uuid unique, and so are its last sixteen digits; hyphens allowed */
export function continueTrace(
  traceparent: string | null,
  tracestate: string | null,
  uuid: () => string,
): TraceContext {
  const parentId = spanId(uuid())
  const match = traceparent === null ? null : pattern.exec(traceparent)
  const [, version, traceId = '', callerId = '', flags, rest] = match ?? []
  // Version 00 has exactly four parts; later ones may have more; ff is never valid (§3.2.2.1, §4.3).
  const isValid =
    match !== null &&
    version !== 'ff' &&
    (version !== '00' || rest === undefined) &&
    !/^0+$/.test(traceId) &&
    !/^0+$/.test(callerId)
  if (!isValid) {
    const fresh = uuid().replaceAll('-', '')
    return { traceparent: `00-${fresh}-${parentId}-01`, traceId: fresh, tracestate: undefined }
  }
  const kept = tracestate !== null && tracestate.length <= tracestateLengthMax ? tracestate : undefined
  return { traceparent: `00-${traceId}-${parentId}-${flags}`, traceId, tracestate: kept }
}

/** The last sixteen digits of a version 4 UUID; its variant digit makes them non-zero (RFC 9562 §5.4). */
const spanId = (uuid: string): string => uuid.replaceAll('-', '').slice(16)
