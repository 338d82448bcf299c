import { limits, headers as names, type Problem } from '@spillway/origin/contract'
import { consistencyHeader, timingHeader } from './private-headers.ts'

/** Whether path and query are within the limit; both are percent-encoded, so characters are bytes. */
export function urlProblem(pathAndSearch: string): Problem | undefined {
  if (pathAndSearch.length <= limits.urlLengthMax) return undefined
  return { code: 'uri-too-long', detail: `Path and query have at most ${limits.urlLengthMax} bytes.` }
}

/** The fields of a request that the stages before the cache have a use for. `null`: not sent. */
export interface RequestFields {
  authorization: string | null
  accept: string | null
  cookie: string | null
  consistency: string | null
  origin: string | null
  requestId: string | null
  timing: string | null
  /** Address of the client, as Cloudflare gives it. */
  address: string | null
  /** All names and values together. */
  bytes: number
}

/**
 * Reads a request's fields in one pass. Each look-up by name crosses from JavaScript into the runtime, and so does
 * each field of a pass: one pass gives the size for what the look-ups would cost.
 */
export function readFields(sent: Headers): RequestFields {
  const fields: RequestFields = {
    authorization: null,
    accept: null,
    cookie: null,
    consistency: null,
    origin: null,
    requestId: null,
    timing: null,
    address: null,
    bytes: 0,
  }
  sent.forEach((value, name) => {
    fields.bytes += name.length + value.length
    switch (name) {
      case 'authorization':
        fields.authorization = value
        break
      case 'accept':
        fields.accept = value
        break
      case 'cookie':
        fields.cookie = value
        break
      case consistencyHeader:
        fields.consistency = value
        break
      case 'origin':
        fields.origin = value
        break
      case names.requestId:
        fields.requestId = value
        break
      case timingHeader:
        fields.timing = value
        break
      case 'cf-connecting-ip':
        fields.address = value
        break
    }
  })
  return fields
}

/** Whether all names and values together are within the limit (RFC 6585 §5). */
export function headersProblem({ bytes }: RequestFields): Problem | undefined {
  if (bytes <= limits.headerBytesMax) return undefined
  return { code: 'headers-too-large', detail: `Header fields have at most ${limits.headerBytesMax} bytes.` }
}

/** A UUID in its usual spelling (RFC 9562 §4), any version. */
export const isUuid = (text: string): boolean =>
  text.length === 36 && /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
