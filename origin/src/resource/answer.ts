import { headers, type Problem } from '@spillway/origin/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { jsonType } from '../http/json-body.ts'
import { sendProblem } from '../http/problem.ts'
import type { KeyRefused, NotDone, StoredDocument, UniqueConflict, Unknown } from '../store/repository.ts'
import { WriteRefusedError } from '../store/settle-writes.ts'
import { migrationName } from '../store/unready-migrations.ts'
import type { CompiledView } from './compiled-view.ts'

interface Written {
  readonly compiled: CompiledView
  readonly document: StoredDocument
  readonly purge: Readonly<Record<string, string>>
}

/** Sends a document after a write, with the tags that the edge must purge before it passes the answer on. */
export function sendWritten(
  reply: FastifyReply,
  status: 200 | 201,
  { compiled, document, purge }: Written,
): FastifyReply {
  let body: string
  const hidden = compiled.hiddenFrom(document.fields, reply.request.principal)
  try {
    body = compiled.serialize(document, undefined, hidden)
  } catch (error) {
    // The write happened, so the answer must not suggest that it failed.
    reply.request.defect = error
    return sendFailure(reply, unknown, purge)
  }
  return reply
    .code(status)
    .headers(purge)
    .headers({
      'content-type': jsonType,
      'cache-control': 'no-store',
      etag: compiled.etag(document.version, hidden),
    })
    .send(body)
}

const unknown: Unknown = { kind: 'unknown' }

/**
 * Outcome of a write that may throw. Only a `WriteRefusedError` proves that nothing was written; after any other error
 * the outcome is unknown, because a 500 would suggest that nothing was done.
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

/**
 * Answers a write that did not happen, or whose outcome is unknown. An unknown outcome purges, too: the write may have
 * happened.
 */
export function sendFailure(
  reply: FastifyReply,
  failure: NotDone | Unknown,
  purge?: Readonly<Record<string, string>>,
): FastifyReply {
  if (purge !== undefined && failure.kind === 'unknown') reply.headers(purge)
  return sendProblem(reply, failureProblem(failure))
}

/** Seconds for Retry-After. */
const retryAfterSeconds = { soon: 1, failover: 5, build: 30 } as const

export function failureProblem(failure: NotDone | Unknown): Problem {
  if (failure.kind === 'unknown') {
    return {
      code: 'outcome-unknown',
      detail:
        'The database did not respond: the write may have happened, or may still happen. Retry it with the same Idempotency-Key or If-Match, or read the document before you send a new write.',
      retryAfterSeconds: retryAfterSeconds.soon,
    }
  }
  switch (failure.reason) {
    case 'busy':
      return {
        code: 'overloaded',
        detail: 'Too many requests are waiting for the database. Nothing was done; retry later.',
        retryAfterSeconds: retryAfterSeconds.soon,
      }
    case 'crowded':
      return {
        code: 'overloaded',
        detail: 'Too many requests of this kind are waiting for the database. Nothing was done; retry later.',
        retryAfterSeconds: retryAfterSeconds.soon,
        isOwnFault: true,
      }
    case 'unavailable':
      return {
        code: 'database-unavailable',
        detail: 'The database is unreachable or is electing a primary. Nothing was done; retry the request.',
        retryAfterSeconds: retryAfterSeconds.failover,
      }
    case 'indexUnready':
      return {
        code: 'index-unready',
        detail: failure.index.startsWith(migrationName)
          ? `This request needs ${failure.index}, which has not reached every document yet. Nothing was done; retry later.`
          : `The index '${failure.index}', which this request needs, is not built yet. Nothing was done; retry later.`,
        retryAfterSeconds: retryAfterSeconds.build,
        isOwnFault: true,
      }
    case 'deadline':
    case 'aborted':
      return {
        code: 'deadline-exceeded',
        detail: 'The request exceeded its deadline. Nothing was done.',
        retryAfterSeconds: retryAfterSeconds.soon,
      }
  }
}

export function keyRefusedProblem({ reason }: KeyRefused): Problem {
  if (reason === 'inUse') {
    return {
      code: 'idempotency-key-in-use',
      detail: 'A request with this Idempotency-Key is still in progress. Retry when it has completed.',
      retryAfterSeconds: retryAfterSeconds.soon,
    }
  }
  const detail =
    reason === 'otherRequest'
      ? 'This Idempotency-Key was used with a different request. Use a new key for each request.'
      : 'This Idempotency-Key has expired, and its response is no longer known. Use a new key.'
  return {
    code: 'idempotency-key-reused',
    detail,
    errors: [{ header: headers.idempotencyKey, detail }],
  }
}

export function uniqueConflictProblem(compiled: CompiledView, { fields }: UniqueConflict): Problem {
  const names = fields.map((path) => compiled.shownName(path))
  return {
    code: 'unique-conflict',
    detail:
      names.length > 0
        ? `Another document already has this ${names.join(' and ')}.`
        : 'Another document already has a value that must be unique.',
    errors: names.map((name) => ({
      pointer: `/${name.replaceAll('.', '/')}`,
      detail: 'Another document already has this value.',
    })),
  }
}
