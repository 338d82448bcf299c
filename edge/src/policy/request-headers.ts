import { limits, headers as names, type Problem } from '@spillway/origin/contract'
import { consistencyHeader, timingHeader } from './private-headers.ts'

/** Whether path and query are within the limit; both are percent-encoded, so characters are bytes. */
export function urlProblem(pathAndSearch: string): Problem | undefined {
  if (pathAndSearch.length <= limits.urlLengthMax) return undefined
  return { code: 'uri-too-long', detail: `Path and query have at most ${limits.urlLengthMax} bytes.` }
}

/** What the stages before the origin look at in a request, read once. `null`: not sent. */
export interface RequestHead {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  /** What an answer from memory is to carry beside what is stored. */
  ownField?: readonly [name: string, value: string]
  authorization: string | null
  accept: string | null
  cookie: string | null
  consistency: string | null
  origin: string | null
  requestId: string | null
  timing: string | null
  /** Address of the client, as Cloudflare gives it. */
  address: string | null
  /** Whether no field asks for another answer than the whole of what is stored. */
  isPlain: boolean
  /** All names and values together. */
  bytes: number
}

/**
 * Reads a request's line and fields in one pass. Each look-up by name crosses from JavaScript into the runtime, and so
 * does each field of a pass: one pass gives the size for what the look-ups would cost.
 */
export function readHead({ method, url, headers }: Pick<Request, 'method' | 'url' | 'headers'>): RequestHead {
  const head: RequestHead = {
    method,
    url,
    headers,
    authorization: null,
    accept: null,
    cookie: null,
    consistency: null,
    origin: null,
    requestId: null,
    timing: null,
    address: null,
    isPlain: true,
    bytes: 0,
  }
  reading = head
  headers.forEach(readField)
  return head
}

/** Whose fields are being read: one function for all, since each that is made has to be collected again. */
let reading: RequestHead

function readField(value: string, name: string): void {
  const head = reading
  head.bytes += name.length + value.length
  switch (name) {
    case 'authorization':
      head.authorization = value
      break
    case 'accept':
      head.accept = value
      break
    case 'cookie':
      head.cookie = value
      break
    case consistencyHeader:
      head.consistency = value
      break
    case 'origin':
      head.origin = value
      break
    case names.requestId:
      head.requestId = value
      break
    case timingHeader:
      head.timing = value
      break
    case 'cf-connecting-ip':
      head.address = value
      break
    case 'if-none-match':
    case 'if-modified-since':
    case 'range':
      head.isPlain = false
      break
  }
}

/** Whether all names and values together are within the limit (RFC 6585 §5). */
export function headersProblem({ bytes }: RequestHead): Problem | undefined {
  if (bytes <= limits.headerBytesMax) return undefined
  return { code: 'headers-too-large', detail: `Header fields have at most ${limits.headerBytesMax} bytes.` }
}

/** A UUID in its usual spelling (RFC 9562 §4), any version. */
export const isUuid = (text: string): boolean =>
  text.length === 36 && /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
