/**
 * The closed catalogue of errors (RFC 9457). `type` and `code` are contract and never change meaning; `title` and
 * `detail` are prose. `retryable` says whether the same request may succeed later without being changed.
 *
 * `outcome-unknown` is the only code under which a write may have happened, or may happen yet. **Every other code means
 * that this request has done nothing.** Whoever cannot prove that, answers `outcome-unknown`.
 */
export const problemCatalogue = {
  // the request line and headers
  'bad-request': { status: 400, title: 'The request cannot be understood', retryable: false },
  'invalid-query': { status: 400, title: 'A query parameter is not valid', retryable: false },
  'invalid-cursor': { status: 400, title: 'The cursor does not belong to this list', retryable: false },
  'invalid-header': { status: 400, title: 'A header is not valid', retryable: false },
  'not-found': { status: 404, title: 'Nothing is here', retryable: false },
  'method-not-allowed': { status: 405, title: 'The resource does not offer this method', retryable: false },
  'not-acceptable': { status: 406, title: 'No representation that the request accepts', retryable: false },
  'version-gone': { status: 410, title: 'This version is retired', retryable: false },
  'range-not-satisfiable': { status: 416, title: 'The answer has no such part', retryable: false },
  'uri-too-long': { status: 414, title: 'The URL is too long', retryable: false },
  'headers-too-large': { status: 431, title: 'The headers are too large', retryable: false },
  // who asks
  unauthenticated: { status: 401, title: 'A valid access token is needed', retryable: false },
  'invalid-token': { status: 401, title: 'The access token is not valid', retryable: false },
  'insufficient-scope': { status: 403, title: 'The access token does not allow this', retryable: false },
  'edge-only': { status: 401, title: 'The origin answers its edge alone', retryable: false },
  // the body
  'malformed-json': { status: 400, title: 'The body is not JSON', retryable: false },
  'request-timeout': { status: 408, title: 'The request did not arrive in time', retryable: true },
  'content-too-large': { status: 413, title: 'The body is too large', retryable: false },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is in a media type that is not taken',
    retryable: false,
  },
  'validation-failed': { status: 422, title: 'The body does not fit the schema', retryable: false },
  // the state
  'unique-conflict': { status: 409, title: 'Another document has this value', retryable: false },
  'write-conflict': { status: 409, title: 'Another write came in between', retryable: true },
  'precondition-failed': { status: 412, title: 'The document has changed', retryable: false },
  'precondition-required': { status: 428, title: 'The request must be conditional', retryable: false },
  'idempotency-key-in-use': {
    status: 409,
    title: 'A request with this key is still running',
    retryable: true,
  },
  'idempotency-key-reused': { status: 422, title: 'This key was used for another request', retryable: false },
  // load
  'rate-limited': { status: 429, title: 'You are over your limit', retryable: true },
  overloaded: { status: 503, title: 'Too busy to take this request', retryable: true },
  draining: { status: 503, title: 'This instance is stopping', retryable: true },
  'keys-unavailable': { status: 503, title: 'Access tokens cannot be checked', retryable: true },
  'database-unavailable': { status: 503, title: 'The database cannot be reached', retryable: true },
  // Remedy: send it again with the same Idempotency-Key or If-Match, or read and decide anew.
  'outcome-unknown': { status: 503, title: 'Whether the write happened is not known', retryable: true },
  'origin-unreachable': { status: 502, title: 'The origin cannot be reached', retryable: true },
  // A read that took too long, or a write that certainly did not reach the database.
  'deadline-exceeded': { status: 504, title: 'There was not enough time', retryable: true },
  'internal-error': { status: 500, title: 'Something went wrong on our side', retryable: true },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>

export type ProblemCode = keyof typeof problemCatalogue

/** Where one mistake is: a JSON Pointer (RFC 6901) into the body, a query parameter or a header. */
export type ProblemPlace =
  | { readonly pointer: string }
  | { readonly parameter: string }
  | { readonly header: string }

export type FieldError = ProblemPlace & { readonly detail: string }

/** A problem before it has become an answer. */
export interface Problem {
  readonly code: ProblemCode
  /** What was wrong with this request and what to do; never a token, host, stack or driver message. */
  readonly detail: string
  readonly errors?: readonly FieldError[]
  /** Seconds for `Retry-After` (RFC 9110 §10.2.3). */
  readonly retryAfterSeconds?: number
  /** Further headers, e.g. `Allow` or `WWW-Authenticate`. */
  readonly headers?: Readonly<Record<string, string>>
}

export const problemMediaType = 'application/problem+json'

/** Path of a problem type's documentation, which is also its `type` (RFC 9457 §3.1.1: a full path). */
export const problemType = (code: ProblemCode): string => `/problems/${code}`

/** Body of the answer. `instance` is the request's id as a URN, so that a log line can be found from it. */
export function problemBody({ code, detail, errors }: Problem, requestId: string): Record<string, unknown> {
  const { status, title, retryable } = problemCatalogue[code]
  return {
    type: problemType(code),
    title,
    status,
    detail,
    code,
    retryable,
    instance: `urn:uuid:${requestId}`,
    requestId,
    ...(errors !== undefined && errors.length > 0 && { errors }),
  }
}

/** Headers of the answer: media type, `no-store`, and what the problem brings along. */
export function problemHeaders({ headers, retryAfterSeconds }: Problem): Record<string, string> {
  return {
    'content-type': problemMediaType,
    'cache-control': 'no-store',
    ...headers,
    ...(retryAfterSeconds !== undefined && {
      'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))),
    }),
  }
}

export const problemStatus = ({ code }: Problem): number => problemCatalogue[code].status

/** A problem as something to throw; each tier turns it into an answer in one place. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problem: Problem

  constructor(problem: Problem, options?: ErrorOptions) {
    super(`${problem.code}: ${problem.detail}`, options)
    this.problem = problem
  }
}

/** Answer for a document that is not there, and, to the letter, for one that the caller may not see. */
export const noSuchDocument: Problem = { code: 'not-found', detail: 'No document has this id.' }
