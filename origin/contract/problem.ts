import { headers as names } from './headers.ts'

/**
 * The closed catalogue of errors (RFC 9457). `type` and `code` are part of the contract and never change their meaning;
 * `title` and `detail` are prose. `retryable` tells whether the same request may succeed later, unchanged.
 *
 * After `outcome-unknown`, and only after this code, a write may have happened or may still happen. **Every other code
 * means that the request had no effect.** An error that does not prove that must be answered with `outcome-unknown`.
 */
export const problemCatalogue = {
  // Head of the request.
  'bad-request': { status: 400, title: 'Malformed request', retryable: false },
  'invalid-query': { status: 400, title: 'Invalid query parameter', retryable: false },
  'invalid-cursor': { status: 400, title: 'Invalid cursor', retryable: false },
  'invalid-header': { status: 400, title: 'Invalid header', retryable: false },
  'not-found': { status: 404, title: 'Not found', retryable: false },
  'method-not-allowed': { status: 405, title: 'Method not allowed', retryable: false },
  'not-acceptable': { status: 406, title: 'Not acceptable', retryable: false },
  'version-gone': { status: 410, title: 'API version retired', retryable: false },
  // Remedy: take a new position, list the documents again, and follow from that position.
  'changes-expired': { status: 410, title: 'Changes no longer kept', retryable: false },
  'range-not-satisfiable': { status: 416, title: 'Range not satisfiable', retryable: false },
  'uri-too-long': { status: 414, title: 'URL too long', retryable: false },
  'headers-too-large': { status: 431, title: 'Headers too large', retryable: false },
  // Caller.
  unauthenticated: { status: 401, title: 'Access token required', retryable: false },
  'invalid-token': { status: 401, title: 'Invalid access token', retryable: false },
  'insufficient-scope': { status: 403, title: 'Insufficient permissions', retryable: false },
  // A rule of the application; `reason` names it.
  forbidden: { status: 403, title: 'Not allowed', retryable: false },
  'edge-only': { status: 401, title: 'Direct access to the origin refused', retryable: false },
  // Body.
  'malformed-json': { status: 400, title: 'Invalid JSON', retryable: false },
  'request-timeout': { status: 408, title: 'Request timeout', retryable: true },
  'content-too-large': { status: 413, title: 'Body too large', retryable: false },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    retryable: false,
  },
  'validation-failed': { status: 422, title: 'Validation failed', retryable: false },
  // State of the data.
  'unique-conflict': { status: 409, title: 'Duplicate value', retryable: false },
  // A rule of the application; `reason` names it.
  conflict: { status: 409, title: 'Not possible in the current state', retryable: false },
  'write-conflict': { status: 409, title: 'Write conflict', retryable: true },
  'precondition-failed': { status: 412, title: 'The document has changed', retryable: false },
  'precondition-required': { status: 428, title: 'If-Match required', retryable: false },
  'idempotency-key-in-use': {
    status: 409,
    title: 'Request with this Idempotency-Key in progress',
    retryable: true,
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Idempotency-Key used for another request',
    retryable: false,
  },
  // Load.
  'rate-limited': { status: 429, title: 'Rate limit exceeded', retryable: true },
  overloaded: { status: 503, title: 'Service overloaded', retryable: true },
  draining: { status: 503, title: 'Instance shutting down', retryable: true },
  'keys-unavailable': { status: 503, title: 'Access token cannot be verified', retryable: true },
  'database-unavailable': { status: 503, title: 'Database unavailable', retryable: true },
  // A release has declared an index that is still being built.
  'index-unready': { status: 503, title: 'Index being built', retryable: true },
  // Remedy: repeat it with the same Idempotency-Key or If-Match, or read the document and decide again.
  'outcome-unknown': { status: 503, title: 'Outcome unknown', retryable: true },
  'origin-unreachable': { status: 502, title: 'Origin unreachable', retryable: true },
  // A read that took too long, or a write that certainly did not reach the database.
  'deadline-exceeded': { status: 504, title: 'Deadline exceeded', retryable: true },
  'internal-error': { status: 500, title: 'Internal server error', retryable: true },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>

export type ProblemCode = keyof typeof problemCatalogue

/** Place of a mistake: a JSON Pointer (RFC 6901) into the body, a query parameter or a header field. */
export type ProblemPlace =
  | { readonly pointer: string }
  | { readonly parameter: string }
  | { readonly header: string }

export type FieldError = ProblemPlace & { readonly detail: string }

/** A problem, before a tier turns it into an answer. */
export interface Problem {
  readonly code: ProblemCode
  /** Explanation of the fault and its remedy; never contains a token, host, stack trace or driver message. */
  readonly detail: string
  readonly errors?: readonly FieldError[]
  /** Name that an application gives a refusal, so that callers can distinguish refusals. */
  readonly reason?: string
  /** Seconds for `Retry-After` (RFC 9110 §10.2.3). */
  readonly retryAfterSeconds?: number
  /**
   * Whether the operation itself caused it: slow code of the application, or many requests for one document. It says
   * nothing about the health of the origin or the database. Goes to the edge, not to callers.
   */
  readonly isOwnFault?: boolean
  /** Additional headers, e.g. `Allow` or `WWW-Authenticate`. */
  readonly headers?: Readonly<Record<string, string>>
}

export const problemMediaType = 'application/problem+json'

/** Path of a problem type's documentation, which is also its `type` (RFC 9457 §3.1.1: an absolute path). */
export const problemType = (code: ProblemCode): string => `/problems/${code}`

/** Body of the answer. `instance` is the request id as a URN, so that its log lines can be found. */
export function problemBody(
  { code, detail, errors, reason }: Problem,
  requestId: string,
): Record<string, unknown> {
  const { status, title, retryable } = problemCatalogue[code]
  return {
    type: problemType(code),
    title,
    status,
    detail,
    code,
    ...(reason !== undefined && { reason }),
    retryable,
    instance: `urn:uuid:${requestId}`,
    requestId,
    ...(errors !== undefined && errors.length > 0 && { errors }),
  }
}

/** Headers of the answer: media type, `no-store`, and the problem's own headers. */
export function problemHeaders({ headers, isOwnFault, retryAfterSeconds }: Problem): Record<string, string> {
  return {
    'content-type': problemMediaType,
    'cache-control': 'no-store',
    ...headers,
    ...(isOwnFault === true && { [names.ownFault]: '1' }),
    ...(retryAfterSeconds !== undefined && {
      'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))),
    }),
  }
}

export const problemStatus = ({ code }: Problem): number => problemCatalogue[code].status

/** A problem as an error to throw; each tier turns it into an answer in one place. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problem: Problem

  constructor(problem: Problem, options?: ErrorOptions) {
    super(`${problem.code}: ${problem.detail}`, options)
    this.problem = problem
  }
}

/** Answer for a document that does not exist, and the same for one that the caller may not read. */
export const noSuchDocument: Problem = { code: 'not-found', detail: 'No document has this id.' }
