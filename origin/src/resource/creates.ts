import { type Fields, headers, type Parsed, type Problem, parseWriteQuery } from '@spillway/origin/contract'
import type { FastifyRequest } from 'fastify'
import { searchOf } from '../http/entry.ts'
import { sendProblem } from '../http/problem.ts'
import { bodyOf, callOfCode, type JsonBody, type ParsedBody } from '../http/request.ts'
import { canonicalJson } from '../store/canonical-json.ts'
import type {
  Call,
  CreateOutcome,
  CreationKey,
  Failed,
  KeyRefused,
  NewDocument,
  Repository,
} from '../store/repository.ts'
import { keyRefusedProblem, outcomeOf, sendFailure, sendWritten, uniqueConflictProblem } from './answer.ts'
import { type CompiledView, purgeTags } from './compiled-view.ts'
import type { AskGuards, GuardedWrite } from './guarding.ts'
import { keyOf } from './idempotency.ts'
import { type Handler, isAllowed } from './reads.ts'
import { storedFields, type Writing } from './stored-fields.ts'
import { type Turns, takeTurn } from './turns.ts'
import { attemptsMax, writeConflict } from './updates.ts'

export interface CreateOptions {
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
    const body = bodyToCreate(request)
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
    const outcome = created.kind === 'refused' ? created : outcomeForCaller(compiled, created, request)
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
 * The outcome for its caller. The request of a token with other rights is another one, e.g. if it names another tenant:
 * it does not get the document that the key has created.
 */
export const outcomeForCaller = <Outcome extends CreateOutcome | Failed>(
  { view }: CompiledView,
  outcome: Outcome,
  request: FastifyRequest,
): Outcome | KeyRefused =>
  outcome.kind === 'replayed' && !isAllowed(view.resource.audiences.read, outcome.document, request)
    ? { kind: 'keyRefused', reason: 'otherRequest' }
    : outcome

/** The body of a request whose query string is one that a write may have. */
export function bodyToCreate(request: FastifyRequest): ParsedBody {
  const query = parseWriteQuery(searchOf(request.url))
  return query.ok ? bodyOf(request) : query
}

export interface Guarded {
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

export const guardedWrite = ({ compiled, document, write, call }: Guarded): GuardedWrite => ({
  ...write,
  resource: compiled.view.resource,
  id: undefined,
  fields: document.fields,
  before: undefined,
  shown: compiled.validator.shown,
  call,
})

/** Checks a body and computes the stored fields, which are checked as well. */
export function newFields(
  compiled: CompiledView,
  given: unknown,
  write: Writing,
  isBrief = false,
): Parsed<Fields> {
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
export const creating = ({ principal }: FastifyRequest, clock: () => number): Writing => ({
  principal,
  nowMs: clock(),
  operation: 'create',
})

export function creationKey(
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

type Refusal = Exclude<CreateOutcome, { kind: 'created' | 'replayed' | 'notDone' | 'unknown' }>

export function refusalProblem(compiled: CompiledView, refusal: Refusal): Problem {
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
