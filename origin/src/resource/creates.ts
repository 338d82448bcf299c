import {
  type Fields,
  headers,
  type Parsed,
  type Problem,
  parseIdempotencyKey,
  parseWriteQuery,
  problemBody,
  problemStatus,
  type View,
} from '@spillway/origin/contract'
import type { FastifyRequest } from 'fastify'
import { searchOf } from '../http/entry.ts'
import { jsonType } from '../http/json-body.ts'
import { internalError, sendProblem } from '../http/problem.ts'
import { bodyOf, callOfCode, type JsonBody, type ParsedBody } from '../http/request.ts'
import { pointerToken, validationFailed } from '../http/validation-problem.ts'
import { canonicalJson } from '../store/canonical-json.ts'
import { requestFingerprint } from '../store/creation-key.ts'
import type {
  Call,
  CreateOutcome,
  CreationKey,
  Failed,
  KeyRefused,
  NewDocument,
  Repository,
  StoredDocument,
} from '../store/repository.ts'
import { WriteRefusedError } from '../store/settle-writes.ts'
import {
  failureProblem,
  keyRefusedProblem,
  outcomeOf,
  sendFailure,
  sendWritten,
  uniqueConflictProblem,
} from './answer.ts'
import { type CompiledView, purgeTags } from './compiled-view.ts'
import type { AskGuards, GuardedWrite } from './guarding.ts'
import { type Handler, isAllowed } from './reads.ts'
import { storedFields, type Writing } from './stored-fields.ts'
import { type Turns, takeTurn } from './turns.ts'
import { attemptsMax, writeConflict } from './updates.ts'

interface CreateOptions {
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  readonly askGuards?: AskGuards | undefined
  readonly turns: Turns
}

/** POST of one document: 201 with Location, ETag and the document. */
export function createHandler(
  compiled: CompiledView,
  repository: Repository,
  { clock, askGuards, turns }: CreateOptions,
): Handler {
  const { resource } = compiled.view
  return async (request, reply) => {
    const body = createdBy(request)
    if (!body.ok) return sendProblem(reply, body.problem)
    const key = creationKey(compiled, request, 'create', body)
    if (!key.ok) return sendProblem(reply, key.problem)
    const subject = request.principal?.subject
    const write = creating(request, clock)
    const fields = newFields(compiled, body.value, write)
    if (!fields.ok) return sendProblem(reply, fields.problem)
    const document = { fields: fields.value }
    const call = callOfCode(request)
    const created =
      askGuards === undefined
        ? await outcomeOf(request, repository.create(resource, document, key.value, call))
        : await createGuarded(
            { repository, askGuards, turns },
            { compiled, document, write, key: key.value, call },
            request,
          )
    const outcome = created.kind === 'refused' ? created : ofCaller(compiled, created, request)
    // A replay purges, too: the first answer may not have reached the edge.
    const lists = compiled.changedListTags([fields.value], subject)
    switch (outcome.kind) {
      case 'created':
      case 'replayed':
        if (outcome.kind === 'replayed') reply.header(headers.idempotencyReplayed, 'true')
        reply.header('location', `${compiled.path}/${outcome.document.id}`)
        // Purges the document's tag as well, because a 404 for this id may be stored (reads.ts).
        return sendWritten(reply, 201, {
          compiled,
          document: outcome.document,
          purge: purgeTags(compiled.documentTag(outcome.document.id), ...lists),
        })
      case 'refused':
        return sendProblem(reply, outcome.problem)
      case 'notDone':
      case 'unknown':
        return sendFailure(reply, outcome, purgeTags(...lists))
      default:
        return sendProblem(reply, refusalProblem(compiled, outcome))
    }
  }
}

/**
 * The outcome for its caller. The request of a token with other rights is another one, e.g. if it names another tenant: it
 * does not get the document that the key has created.
 */
const ofCaller = <Outcome extends CreateOutcome | Failed>(
  { view }: CompiledView,
  outcome: Outcome,
  request: FastifyRequest,
): Outcome | KeyRefused =>
  outcome.kind === 'replayed' && !isAllowed(view.resource.audiences.read, outcome.document, request)
    ? { kind: 'keyRefused', reason: 'otherRequest' }
    : outcome

/** The body of a request whose query string is one that a write may have. */
function createdBy(request: FastifyRequest): ParsedBody {
  const query = parseWriteQuery(searchOf(request.url))
  return query.ok ? bodyOf(request) : query
}

interface Guarded {
  readonly compiled: CompiledView
  readonly document: NewDocument
  readonly write: Writing
  readonly key: CreationKey | undefined
  readonly call: Call
}

/** Asks the guards and creates; repeats both while documents that the guards read keep changing. */
async function createGuarded(
  {
    repository,
    askGuards,
    turns,
  }: { readonly repository: Repository; readonly askGuards: AskGuards; readonly turns: Turns },
  guarded: Guarded,
  request: FastifyRequest,
): Promise<CreateOutcome | { readonly kind: 'refused'; readonly problem: Problem }> {
  const { document, key, call } = guarded
  const { resource } = guarded.compiled.view
  // A repeated key gets its first answer, even if a guard would refuse it now.
  const earlier = key && (await repository.recall(resource, document, key, call))
  if (earlier !== undefined) return earlier
  let contested: readonly string[] = []
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    using turn = await takeTurn(turns, contested, call)
    if (turn === undefined) break
    const verdict = await askGuards(guardedWrite(guarded))
    if (!verdict.ok) return { kind: 'refused', problem: verdict.problem }
    const required = { ...document, requires: verdict.value }
    const outcome = await outcomeOf(request, repository.create(resource, required, key, call))
    if (outcome.kind !== 'requiredChanged') return outcome
    call.ownTime?.contended()
    contested = verdict.value.map((one) => `${one.resource.name}/${one.current.id}`)
  }
  return { kind: 'refused', problem: writeConflict }
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

const guardedWrite = ({ compiled, document, write, call }: Guarded): GuardedWrite => ({
  ...write,
  resource: compiled.view.resource,
  id: undefined,
  fields: document.fields,
  before: undefined,
  shown: compiled.validator.shown,
  call,
})

/** POST of a batch: one result per item, in order. Items succeed and fail independently. */
export function batchHandler(
  compiled: CompiledView,
  repository: Repository,
  { clock, askGuards }: CreateOptions,
): Handler {
  const { resource } = compiled.view
  return async (request, reply) => {
    const body = createdBy(request)
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
    const own = outcome.outcomes.map((one) => ofCaller(compiled, one, request))
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

/** Checks a body and computes the stored fields, which are checked as well. */
function newFields(compiled: CompiledView, given: unknown, write: Writing, isBrief = false): Parsed<Fields> {
  const input = compiled.validator.create(given, isBrief)
  if (!input.ok) return input
  const body = { input: input.value, sent: Object.keys(input.value) }
  const fields = storedFields(compiled, body, undefined, write)
  if (!fields.ok || isAllowed(compiled.view.resource.audiences.create, { fields: fields.value }, write))
    return fields
  return { ok: false, problem: notYoursToCreate }
}

const notYoursToCreate: Problem = {
  code: 'insufficient-scope',
  detail: 'The access rule of this operation does not let you create this document.',
}

/** All items of a batch have the same time. */
const creating = ({ principal }: FastifyRequest, clock: () => number): Writing => ({
  principal,
  nowMs: clock(),
  operation: 'create',
})

function creationKey(
  { view, path }: CompiledView,
  { headers: sent, principal }: FastifyRequest,
  operation: 'create' | 'batchCreate',
  body: JsonBody,
): Parsed<CreationKey | undefined> {
  // The text suffices for a create: one whose text differs is compared by its stored fields. A batch has no fields to
  // compare, so its canonical JSON counts.
  const text = () => (operation === 'create' ? body.text : canonicalJson(body.value))
  return keyOf(view, { headers: sent, principal }, `${operation} ${path}`, text)
}

/**
 * The parsed Idempotency-Key of a request, or `undefined` without one.
 *
 * @param operation method and path, so that a key of one operation is not taken for another's
 * @param text text of the body, the same for a repeated request
 */
export function keyOf(
  view: View,
  { headers: sent, principal }: Pick<FastifyRequest, 'headers' | 'principal'>,
  operation: string,
  text: () => string,
): Parsed<CreationKey | undefined> {
  const field = sent[headers.idempotencyKey]
  if (field === undefined) return { ok: true, value: undefined }
  const refuse = (detail: string): Parsed<never> => ({
    ok: false,
    problem: { code: 'invalid-header', detail, errors: [{ header: headers.idempotencyKey, detail }] },
  })
  const key = parseIdempotencyKey(String(field))
  if (key === undefined)
    return refuse('Idempotency-Key must be 1 to 255 visible ASCII characters, sent once.')
  if (principal === undefined)
    return refuse('Idempotency-Key requires an access token, because a key belongs to a subject.')
  const request = requestFingerprint(operation, text())
  return { ok: true, value: { subject: principal.subject, version: view.version, key, request } }
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

type Refusal = Exclude<CreateOutcome, { kind: 'created' | 'replayed' | 'notDone' | 'unknown' }>

function refusalProblem(compiled: CompiledView, refusal: Refusal): Problem {
  switch (refusal.kind) {
    case 'uniqueConflict':
      return uniqueConflictProblem(compiled, refusal)
    case 'keyRefused':
      return keyRefusedProblem(refusal)
    case 'requiredChanged':
      return writeConflict
    case 'duplicateId':
      throw new TypeError('the store makes ids, and never makes one twice')
  }
}
