import type { FieldError, ProblemCode } from '../contract/problem.ts'

/** Body of a refused request (RFC 9457), as every answer of the API with status 400 or more has it. */
export interface ProblemDocument {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ProblemCode
  /** Name that the application gives a refusal of its own. */
  readonly reason?: string
  /** Whether the same request may succeed later, unchanged. */
  readonly retryable: boolean
  readonly requestId: string
  readonly errors?: readonly FieldError[]
}

/** A refusal by the API. Compare `code`, and `reason` if there is one: both are part of the API; texts are not. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly problem: ProblemDocument
  /** Seconds to wait before the next request, if the API has named them. */
  readonly retryAfterSeconds: number | undefined

  constructor(problem: ProblemDocument, retryAfterSeconds?: number) {
    super(`${problem.title}: ${problem.detail}`)
    this.problem = problem
    this.retryAfterSeconds = retryAfterSeconds
  }

  get code(): ProblemCode {
    return this.problem.code
  }

  get status(): number {
    return this.problem.status
  }

  get reason(): string | undefined {
    return this.problem.reason
  }
}

/** No answer arrived, or one that is not the API's own. `cause` is the error of `fetch`, if there was one. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  /** Whether the request was a write that may have happened nevertheless: read before you send it again. */
  readonly mayHaveHappened: boolean

  constructor(message: string, mayHaveHappened: boolean, options?: ErrorOptions) {
    super(message, options)
    this.mayHaveHappened = mayHaveHappened
  }
}

/** Seconds of `Retry-After` (RFC 9110 §10.2.3); the API only sends numbers. */
export function retryAfterOf(headers: Headers): number | undefined {
  const text = headers.get('retry-after') ?? ''
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/** The problem that an answer describes; `undefined` if it comes from something between client and API. */
export function parseProblem(text: string): ProblemDocument | undefined {
  try {
    const body: unknown = JSON.parse(text)
    const isOne = typeof body === 'object' && body !== null && 'code' in body && 'retryable' in body
    // The cast: only the API's problems have both members.
    return isOne ? (body as ProblemDocument) : undefined
  } catch {
    return undefined
  }
}
