import { consistencyHeader, headers as names } from '../contract/headers.ts'
import { RetryBudget } from '../contract/retry-budget.ts'
import { Consistency } from './consistency.ts'
import { ApiProblem, NoAnswer, parseProblem, retryAfterOf } from './problem.ts'
import { type Failure, waitBeforeNext } from './retry.ts'

/** Settings of a client. */
export interface ClientOptions {
  /** Address of the API, e.g. `https://api.example.com`. */
  readonly url: string | URL
  /**
   * The access token, or a function that returns it. After a 401 the function is asked once more, with `expired: true`.
   * @default requests are sent without a token
   */
  readonly token?: string | TokenSource
  /** Time for a call with all its attempts, in ms. @default 15000 */
  readonly timeoutMs?: number
  /** Replaces the runtime's `fetch`. */
  readonly fetch?: (request: string, init: RequestInit) => Promise<Response>
}

export type TokenSource = (reason: { readonly expired: boolean }) => MaybePromise<string | undefined>
type MaybePromise<Value> = Value | Promise<Value>

/** Options of every call. */
export interface CallOptions {
  readonly signal?: AbortSignal
  /** Time for the call with all its attempts, in ms. */
  readonly timeoutMs?: number
}

/** A request to be sent. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path and query string. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** To be sent as JSON. */
  readonly body?: unknown
  /** The version that a write replaces: an entity tag for `If-Match`. */
  readonly ifMatch?: string | undefined
  /** Key that distinguishes a repeated POST from a second one. It is only sent with a token: the API stores keys by subject. */
  readonly idempotencyKey?: string
  /** Time for one attempt, in ms. @default 10000 */
  readonly attemptMs?: number
  readonly options: CallOptions | undefined
}

/** An answer with status 200 to 299. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** The parsed body; `undefined` if there is none. */
  readonly body: unknown
}

export type Send = (call: Call) => Promise<Answer>

/** Retries before the first request has earned one. */
const retriesAtHand = 10

/** Time for one attempt, in ms: the API itself answers within a second, and within 30 s at most. */
const usualAttemptMs = 10_000

/**
 * Makes the function that sends a client's requests: with the token, the consistency tokens of earlier writes, a time
 * limit and retries.
 */
export function createSend(options: ClientOptions): Send {
  const base = String(options.url).replace(/\/+$/, '')
  const request = options.fetch ?? ((url, init) => fetch(url, init))
  const consistency = new Consistency()
  const budget = new RetryBudget({ initial: retriesAtHand })

  const tokenFor = (reason: { readonly expired: boolean }) =>
    typeof options.token === 'function' ? options.token(reason) : options.token

  async function attempt(
    call: Call,
    { token, remainingMs }: { token: string | undefined; remainingMs: number },
  ) {
    const {
      method,
      path,
      headers,
      body,
      ifMatch,
      idempotencyKey,
      options: own,
      attemptMs = usualAttemptMs,
    } = call
    const sent = consistency.sent
    // Only a whole number of milliseconds is accepted.
    const time = AbortSignal.timeout(Math.ceil(Math.min(Math.max(remainingMs, 0), attemptMs)))
    const isWrite = method !== 'GET'
    let status: number
    let answered: Headers
    let text: string
    try {
      const response = await request(base + path, {
        method,
        headers: {
          accept: 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(ifMatch !== undefined && { 'if-match': ifMatch }),
          ...(idempotencyKey !== undefined &&
            token !== undefined && { [names.idempotencyKey]: idempotencyKey }),
          ...(sent.length > 0 && { [consistencyHeader]: sent.join(', ') }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: own?.signal === undefined ? time : AbortSignal.any([own.signal, time]),
      })
      status = response.status
      answered = response.headers
      text = await response.text()
    } catch (error) {
      own?.signal?.throwIfAborted()
      throw new NoAnswer(`No answer to ${method} ${path}.`, isWrite, { cause: error })
    }
    consistency.take(answered.get(consistencyHeader), sent)
    if (status >= 400) {
      const problem = parseProblem(text)
      if (problem !== undefined) throw new ApiProblem(problem, retryAfterOf(answered))
      throw new NoAnswer(`${method} ${path} was answered ${status} by something other than the API.`, isWrite)
    }
    // The cast narrows `any`, so that readers check the body before use.
    return { status, headers: answered, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
  }

  return async (call) => {
    const end = performance.now() + (call.options?.timeoutMs ?? options.timeoutMs ?? 15_000)
    let token = await tokenFor({ expired: false })
    let hasRenewed = false
    let mayHaveHappened = false
    budget.earn()
    for (let number = 1; ; number += 1) {
      const remainingMs = end - performance.now()
      try {
        return await attempt(call, { token, remainingMs })
      } catch (error) {
        if (isExpired(error) && typeof options.token === 'function' && !hasRenewed) {
          hasRenewed = true
          token = await tokenFor({ expired: true })
          continue
        }
        const failure = failureOf(error)
        // The version has moved on: by this request's first attempt, or by somebody else's write.
        if (mayHaveHappened && isMoved(error)) throw new NoAnswer(uncertain, true, { cause: error })
        mayHaveHappened ||= failure.mayHaveHappened
        const wait = waitBeforeNext(
          failure,
          { attempt: number, remainingMs: end - performance.now(), isRepeatable: isRepeatable(call, token) },
          Math.random(),
        )
        if (wait === undefined || !budget.spend()) throw error
        await pause(wait, call.options?.signal)
      }
    }
  }
}

const uncertain =
  'An attempt of this write had no answer, and then the document had changed: by it, or by another write. Read the document.'

/** Whether the API can distinguish two attempts of a request, if the first may have happened. */
const isRepeatable = ({ method, ifMatch, idempotencyKey }: Call, token: string | undefined): boolean =>
  method === 'GET' ||
  (method === 'POST' ? idempotencyKey !== undefined && token !== undefined : ifMatch !== undefined)

const isExpired = (error: unknown): boolean => error instanceof ApiProblem && error.code === 'invalid-token'

const isMoved = (error: unknown): boolean =>
  error instanceof ApiProblem && (error.code === 'precondition-failed' || error.code === 'not-found')

function failureOf(error: unknown): Failure {
  if (error instanceof ApiProblem) {
    return {
      isTransient: error.problem.retryable,
      mayHaveHappened: error.code === 'outcome-unknown',
      retryAfterSeconds: error.retryAfterSeconds,
    }
  }
  const { isTransient, mayHaveHappened } =
    error instanceof NoAnswer
      ? { isTransient: true, mayHaveHappened: error.mayHaveHappened }
      : { isTransient: false, mayHaveHappened: false }
  return { isTransient, mayHaveHappened, retryAfterSeconds: undefined }
}

/** @throws the signal's reason, once it is aborted */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
