import type { IncomingMessage, ServerResponse } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import {
  headers,
  limits,
  type Problem,
  type ProblemCode,
  ProblemError,
  problemBody,
  problemHeaders,
  problemStatus,
} from '@spillway/origin/contract'
import type { FastifyReply } from 'fastify'

/**
 * The one place where something thrown becomes an answer. Whatever is not a problem already is one of Fastify's own
 * refusals, which are translated by their code, or a defect, of which the caller learns nothing but the request's id.
 */
export function problemOf(error: unknown, raw?: IncomingMessage): Problem {
  if (error instanceof ProblemError) return error.problem
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  if (typeof code !== 'string') return internalError
  const known = frameworkProblems[code]
  if (known !== undefined) return known
  if (statusCode === 400 && code.startsWith('FST_')) return badRequest
  // A body that ends early: the client is gone or has counted wrong. That can be true only of a request that has not
  // arrived in full: for any other, the connection that broke was one of ours.
  if (code === 'ECONNRESET' && raw?.complete === false) return badRequest
  return internalError
}

/** Whether the operators should hear of it: a defect of ours, not a caller's mistake or a planned refusal. */
export const isDefect = (problem: Problem): boolean => problem.code === 'internal-error'

/** Sends a problem as the answer. Costs no stack trace, so it is also how a request is shed. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const body = JSON.stringify(problemBody(problem, reply.request.id))
  reply.request.problem = problem
  return reply.code(problemStatus(problem)).headers(problemHeaders(problem)).send(body)
}

/**
 * Answers what Node's HTTP parser has refused, where there is no request yet. The header lines are written by hand,
 * because there is nothing else to write them.
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
 * Whether an earlier request of this connection, which had arrived in full, is still in work: a client that sends its
 * requests without waiting would take this refusal for the answer to that one. The member is Node's own, and what its
 * default handler looks at as well.
 */
function isAnswering(socket: Socket): boolean {
  const { _httpMessage: response } = socket as { _httpMessage?: ServerResponse | null }
  return response?.req?.complete === true && !response.writableEnded
}

const badRequest: Problem = { code: 'bad-request', detail: 'The request is not valid HTTP.' }
export const internalError: Problem = {
  code: 'internal-error',
  detail: 'An unexpected error occurred. Report it with the request id.',
}

const problem = (code: ProblemCode, detail: string): Problem => ({ code, detail })

const frameworkProblems: Readonly<Record<string, Problem>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: problem(
    'content-too-large',
    `A body has at most ${limits.bodyBytesMax} bytes.`,
  ),
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
