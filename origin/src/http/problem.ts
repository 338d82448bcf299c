import type { IncomingMessage, ServerResponse } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import {
  contentTooLarge,
  headers,
  internalError,
  limits,
  type Problem,
  type ProblemCode,
  ProblemError,
  problemBody,
  problemHeaders,
  problemStatus,
} from '@spillway/origin/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * The only place that turns a thrown error into an answer. An error that is no problem is either one of Fastify's,
 * translated by its code, or a defect, which shows the caller nothing but the request id.
 */
export function problemOf(error: unknown, raw?: IncomingMessage): Problem {
  if (error instanceof ProblemError) return error.problem
  // The cast is safe: both members are checked before use.
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  if (typeof code !== 'string') return internalError
  const known = frameworkProblems[code]
  if (known !== undefined) return known
  if (statusCode === 400 && code.startsWith('FST_')) return badRequest
  // The body ended early: the client left or sent a wrong Content-Length. Checked only while the request is incomplete,
  // because later an ECONNRESET comes from one of the origin's own connections.
  if (code === 'ECONNRESET' && raw?.complete === false) return badRequest
  return internalError
}

/** Whether the operators must hear of it: a defect of this program, not a caller's mistake or a planned refusal. */
export const isDefect = (problem: Problem): boolean => problem.code === 'internal-error'

/** Sends a problem as the answer. Creates no Error and so no stack trace: a shed request costs little. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const { request } = reply
  const body = JSON.stringify(problemBody(problem, request.id))
  request.problem = hasTakenItsTime(request, problem) ? { ...problem, isOwnFault: true } : problem
  return reply.code(problemStatus(problem)).headers(problemHeaders(request.problem)).send(body)
}

/** Whether a request was refused because its own code, or others who wanted the same document, took its time. */
function hasTakenItsTime({ ownTime, startedAtMs }: FastifyRequest, problem: Problem): boolean {
  const status = problemStatus(problem)
  if (ownTime === undefined || (status !== 503 && status !== 504)) return false
  if (ownTime.isContended) return true
  return status === 504 && ownTime.ms * 2 >= performance.now() - startedAtMs
}

/**
 * Answers a request that Node's HTTP parser refused. The header lines are written by hand, because no reply exists at
 * that point.
 */
export function answerClientError(error: Error & { code?: string }, socket: Socket, requestId: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
    socket.destroy()
    return
  }
  const problem = parserProblems[error.code ?? ''] ?? badRequest
  const status = problemStatus(problem)
  const body = JSON.stringify(problemBody(problem, requestId))
  const lines = Object.entries({
    ...problemHeaders(problem),
    [headers.requestId]: requestId,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}

/**
 * Whether an earlier request of this connection is complete and still unanswered: a pipelining client would take this
 * refusal for the answer to that one. `_httpMessage` is internal to Node, whose default handler reads it as well.
 * The cast is safe: the member is checked before use.
 */
function isAnswering(socket: Socket): boolean {
  const { _httpMessage: response } = socket as { _httpMessage?: ServerResponse | null }
  return response?.req?.complete === true && !response.writableEnded
}

const badRequest: Problem = { code: 'bad-request', detail: 'The request is not valid HTTP.' }

const problem = (code: ProblemCode, detail: string): Problem => ({ code, detail })

const frameworkProblems: Readonly<Record<string, Problem>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: contentTooLarge,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    ...problem('unsupported-media-type', 'Content-Type must be application/json.'),
    headers: { accept: 'application/json' },
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: problem(
    'bad-request',
    'Content-Length does not match the length of the body.',
  ),
  FST_ERR_BAD_URL: problem('not-found', 'Invalid path: no path of this API needs percent-encoding.'),
  FST_ERR_MAX_PARAM_LENGTH: problem(
    'not-found',
    'Invalid id: must be 1 to 64 letters, digits, hyphens or underscores.',
  ),
}

const parserProblems: Readonly<Record<string, Problem>> = {
  HPE_HEADER_OVERFLOW: problem(
    'headers-too-large',
    `Request line and headers exceed ${limits.forwardedHeadBytesMax} bytes.`,
  ),
  ERR_HTTP_REQUEST_TIMEOUT: problem('request-timeout', 'The request took too long to arrive.'),
}
