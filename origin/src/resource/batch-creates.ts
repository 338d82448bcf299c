import {
  type Fields,
  headers,
  internalError,
  type Parsed,
  type Problem,
  problemBody,
  problemStatus,
} from '@spillway/origin/contract'
import type { FastifyRequest } from 'fastify'
import { jsonType } from '../http/json-body.ts'
import { sendProblem } from '../http/problem.ts'
import { callOfCode } from '../http/request.ts'
import { pointerToken, validationFailed } from '../http/validation-problem.ts'
import type { CreateOutcome, Failed, NewDocument, Repository, StoredDocument } from '../store/repository.ts'
import { WriteRefusedError } from '../store/settle-writes.ts'
import { failureProblem, keyRefusedProblem, outcomeOf, sendFailure } from './answer.ts'
import { type CompiledView, purgeTags } from './compiled-view.ts'
import {
  bodyToCreate,
  type CreateOptions,
  creating,
  creationKey,
  type Guarded,
  guardedWrite,
  newFields,
  outcomeForCaller,
  refusalProblem,
} from './creates.ts'
import type { AskGuards } from './guarding.ts'
import type { Handler } from './reads.ts'
import type { Writing } from './stored-fields.ts'

/** POST of a batch: one result per item, in order. Items succeed and fail independently. */
export function batchHandler(
  compiled: CompiledView,
  repository: Repository,
  { clock, askGuards }: CreateOptions,
): Handler {
  const { resource } = compiled.view
  return async (request, reply) => {
    const body = bodyToCreate(request)
    if (!body.ok) return sendProblem(reply, body.problem)
    const items = batchItems(body.value, resource.batchSizeMax)
    if (!items.ok) return sendProblem(reply, items.problem)
    const key = creationKey(compiled, request, 'batchCreate', body)
    if (!key.ok) return sendProblem(reply, key.problem)
    const subject = request.principal?.subject
    const write = creating(request, clock)
    const valid = checkItems(compiled, items.value, write)
    const call = callOfCode(request)
    const checked = await Promise.all(
      valid.map(async (fields, item): Promise<Parsed<NewDocument>> => {
        if (!fields.ok) return fields
        const document = { fields: fields.value, item }
        if (askGuards === undefined) return { ok: true, value: document }
        return judgeItem(repository, askGuards, { compiled, document, write, key: key.value, call })
      }),
    )
    const documents = checked.flatMap((document) => (document.ok ? [document.value] : []))
    const outcome =
      documents.length === 0
        ? ({ kind: 'items', outcomes: [] } as const)
        : await outcomeOf(request, repository.createBatch(resource, documents, key.value, call))
    // Purges no document tags, of which there may be a hundred: the ids are new, so no 404 for them can be stored.
    const written = documents.map(({ fields }) => fields)
    const purge = purgeTags(...compiled.changedListTags(written, subject))
    if (outcome.kind === 'notDone' || outcome.kind === 'unknown') return sendFailure(reply, outcome, purge)
    if (outcome.kind === 'keyRefused') return sendProblem(reply, keyRefusedProblem(outcome))
    const own = outcome.outcomes.map((one) => outcomeForCaller(compiled, one, request))
    const outcomes = own.values()
    // The cast is safe: there is one outcome for each item that passed the checks.
    const results = checked.map((fields) =>
      fields.ok
        ? describeOutcome(compiled, outcomes.next().value as CreateOutcome | Failed, request)
        : describeProblem(fields.problem, request.id),
    )
    if (own.some(({ kind }) => kind === 'replayed')) {
      reply.header(headers.idempotencyReplayed, 'true')
    }
    if (outcome.outcomes.some(mayLandYet)) reply.header(headers.unsettled, '1')
    reply.headers(purge)
    reply.headers({ 'content-type': jsonType, 'cache-control': 'no-store' })
    return reply.send(`{"items":[${results.join(',')}]}`)
  }
}

export function batchItems(body: unknown, sizeMax: number): Parsed<readonly unknown[]> {
  const invalid = (pointer: string, detail: string): Parsed<never> => ({
    ok: false,
    problem: validationFailed([{ pointer, detail }]),
  })
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return invalid('', 'Must be a JSON object with items.')
  }
  const unknown = Object.keys(body).find((name) => name !== 'items')
  if (unknown !== undefined) {
    return invalid(`/${pointerToken(unknown)}`, 'Unknown field. Supported: items.')
  }
  // The cast is safe: it is an object, and `items` is checked below.
  const { items } = body as { items?: unknown }
  if (!Array.isArray(items) || items.length === 0)
    return invalid('/items', 'Must be an array with at least one item.')
  if (items.length > sizeMax) return invalid('/items', `Too many items: at most ${sizeMax} in one batch.`)
  return { ok: true, value: items }
}

/** Mistakes listed per batch, over all items. Items beyond list only their first mistake. */
const batchErrorsMax = 50

export function checkItems(
  compiled: CompiledView,
  items: readonly unknown[],
  write: Writing,
): readonly Parsed<Fields>[] {
  let listed = 0
  return items.map((item) => {
    const fields = newFields(compiled, item, write, listed >= batchErrorsMax)
    if (!fields.ok) listed += fields.problem.errors?.length ?? 0
    return fields
  })
}

/** Asks the guards about an item of a batch. An item that this key created before is not judged again. */
async function judgeItem(
  repository: Repository,
  askGuards: AskGuards,
  guarded: Guarded,
): Promise<Parsed<NewDocument>> {
  const { document, key, call } = guarded
  const earlier = key && (await repository.recall(guarded.compiled.view.resource, document, key, call))
  if (earlier?.kind === 'replayed') return { ok: true, value: document }
  const verdict = await askGuards(guardedWrite(guarded))
  return verdict.ok ? { ok: true, value: { ...document, requires: verdict.value } } : verdict
}

/** Whether an item's outcome is unknown now and may still change after the answer. */
const mayLandYet = (outcome: CreateOutcome | Failed): boolean =>
  outcome.kind === 'unknown' || (outcome.kind === 'failed' && !(outcome.error instanceof WriteRefusedError))

function describeOutcome(
  compiled: CompiledView,
  outcome: CreateOutcome | Failed,
  request: FastifyRequest,
): string {
  switch (outcome.kind) {
    case 'created':
    case 'replayed':
      return describeCreated(compiled, outcome.document, request)
    case 'notDone':
    case 'unknown':
      return describeProblem(failureProblem(outcome), request.id)
    case 'failed': {
      request.defect = outcome.error
      const isRefused = outcome.error instanceof WriteRefusedError
      return describeProblem(isRefused ? internalError : failureProblem({ kind: 'unknown' }), request.id)
    }
    default:
      return describeProblem(refusalProblem(compiled, outcome), request.id)
  }
}

function describeCreated(compiled: CompiledView, document: StoredDocument, request: FastifyRequest): string {
  try {
    const location = `${compiled.path}/${document.id}`
    const hidden = compiled.hiddenFrom(document.fields, request.principal)
    const etag = JSON.stringify(compiled.etag(document.version, hidden))
    const item = compiled.serialize(document, undefined, hidden)
    return `{"status":201,"id":"${document.id}","location":"${location}","etag":${etag},"item":${item}}`
  } catch (error) {
    // The document is written: see `sendWritten`.
    request.defect = error
    return describeProblem(failureProblem({ kind: 'unknown' }), request.id)
  }
}

const describeProblem = (problem: Problem, requestId: string): string =>
  JSON.stringify({ status: problemStatus(problem), problem: problemBody(problem, requestId) })
