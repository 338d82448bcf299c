import { headers, type Problem } from '@spillway/origin/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from '../stage/problem.ts'
import type { KeyRefused, NotDone, StoredDocument, UniqueConflict, Unknown } from '../store/repository.ts'
import { WriteRefusedError } from '../store/settle-writes.ts'
import type { Plan } from './plan.ts'

export const jsonType = 'application/json; charset=utf-8'

/** The document as it is after a write, with the tags that the edge must forget before the caller learns of it. */
export function sendWritten(
  reply: FastifyReply,
  status: 200 | 201,
  plan: Plan,
  document: StoredDocument,
  purge: Readonly<Record<string, string>>,
): FastifyReply {
  let body: string
  try {
    body = plan.serialize(document, undefined)
  } catch (error) {
    // It is written, and nothing may be said that means the contrary.
    reply.request.defect = error
    return sendFailure(reply, unknown, purge)
  }
  return reply
    .code(status)
    .headers(purge)
    .headers({
      'content-type': jsonType,
      'cache-control': 'no-store',
      etag: plan.etag(document.version),
    })
    .send(body)
}

const unknown: Unknown = { kind: 'unknown' }

/**
 * The outcome of a write, where a defect is one: unless it proves that nothing was written, whether the write happened is
 * not known, and a caller who is told of an error of ours must not take it for "nothing was done".
 */
export async function outcomeOf<Outcome>(
  request: FastifyRequest,
  write: Promise<Outcome>,
): Promise<Outcome | Unknown> {
  try {
    return await write
  } catch (error) {
    if (error instanceof WriteRefusedError) throw error
    request.defect = error
    return unknown
  }
}

/** What did not happen, or may have. The latter is purged all the same: it may have. */
export function sendFailure(
  reply: FastifyReply,
  failure: NotDone | Unknown,
  purge?: Readonly<Record<string, string>>,
): FastifyReply {
  if (purge !== undefined && failure.kind === 'unknown') reply.headers(purge)
  return sendProblem(reply, failureProblem(failure))
}

/** Seconds after which a caller should ask again. */
const retryAfterSeconds = { soon: 1, failover: 5 } as const

export function failureProblem(failure: NotDone | Unknown): Problem {
  if (failure.kind === 'unknown') {
    return {
      code: 'outcome-unknown',
      detail:
        'The write may have happened, may happen yet, or may not happen: no answer came from the database. Send it again with the same Idempotency-Key or If-Match, or read before you send it anew.',
      retryAfterSeconds: retryAfterSeconds.soon,
    }
  }
  switch (failure.reason) {
    case 'busy':
      return {
        code: 'overloaded',
        detail: 'More work is waiting for the database than it can take. Nothing was done.',
        retryAfterSeconds: retryAfterSeconds.soon,
      }
    case 'unavailable':
      return {
        code: 'database-unavailable',
        detail: 'The database cannot be reached or is choosing a new primary. Nothing was done.',
        retryAfterSeconds: retryAfterSeconds.failover,
      }
    case 'deadline':
    case 'aborted':
      return {
        code: 'deadline-exceeded',
        detail: 'The request could not be answered in time. Nothing was done.',
        retryAfterSeconds: retryAfterSeconds.soon,
      }
  }
}

export function keyRefusedProblem({ reason }: KeyRefused): Problem {
  if (reason === 'inUse') {
    return {
      code: 'idempotency-key-in-use',
      detail: 'A request with this Idempotency-Key is still running. Ask again when it has ended.',
      retryAfterSeconds: retryAfterSeconds.soon,
    }
  }
  const detail =
    reason === 'otherRequest'
      ? 'This Idempotency-Key was sent with another request. Use a new key for a new request.'
      : 'This Idempotency-Key was used too long ago for its answer to be known. Use a new key.'
  return {
    code: 'idempotency-key-reused',
    detail,
    errors: [{ header: headers.idempotencyKey, detail }],
  }
}

export function uniqueConflictProblem(plan: Plan, { fields }: UniqueConflict): Problem {
  const names = fields.map((path) => plan.shownName(path))
  return {
    code: 'unique-conflict',
    detail:
      names.length > 0
        ? `Another document has this ${names.join(' and ')}.`
        : 'Another document has a value that must be unique.',
    errors: names.map((name) => ({ pointer: `/${name}`, detail: 'Another document has this value.' })),
  }
}
