import {
  type Action,
  Audience,
  type Catalogue,
  type Fields,
  headers,
  noSuchDocument,
  type Parsed,
  type Problem,
  ProblemError,
  parseWriteQuery,
  problemStatus,
  type Resource,
  type VersionName,
} from '@spillway/origin/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { searchOf } from '../http/entry.ts'
import {
  evaluatePreconditions,
  type Preconditions,
  parsePreconditions,
  preconditionFailed,
} from '../http/precondition.ts'
import { sendProblem } from '../http/problem.ts'
import { authorOf, callOfCode, idOf } from '../http/request.ts'
import { answerMs, inTime, late } from '../lib/in-time.ts'
import { ofCode } from '../lib/own-time.ts'
import {
  failureProblem,
  keyRefusedProblem,
  outcomeOf,
  sendFailure,
  uniqueConflictProblem,
} from '../resource/answer.ts'
import { type CompiledView, purgeTags } from '../resource/compiled-view.ts'
import type { AskGuards } from '../resource/guarding.ts'
import { type Handler, type IsCertain, isAllowed } from '../resource/reads.ts'
import { type Turns, takeTurn } from '../resource/turns.ts'
import { attemptsMax, notYours, unavailable, writeConflict } from '../resource/updates.ts'
import { compileInputCheck, type SchemaCompilers, type StoredCheck } from '../resource/validator.ts'
import type { KeptAnswer, Prepared } from '../store/commit.ts'
import type { Commits } from '../store/commits.ts'
import type { Call, KeptOutcome, KeyRefused, Repository } from '../store/repository.ts'
import { jsonInput, rawInput } from './action-input.ts'
import { type ActionKey, actionKey } from './action-key.ts'
import { compileAnswer, type MakeAnswer, maySeeAgain, withoutDocument } from './answer.ts'
import { Context } from './context.ts'
import { askGuardsOfWrites } from './guarded-changes.ts'
import type { Implementation } from './implementation.ts'
import { tagsOfWrites } from './purge-tags.ts'
import { Refusal } from './refusal.ts'
import { type Found, idIsTaken, Work, writesMax } from './work.ts'

export interface ActionOptions {
  readonly repository: Repository
  readonly commits: Commits
  readonly implementations: ReadonlyMap<Action, Implementation['handler']>
  readonly catalogue: Catalogue
  readonly compilers: SchemaCompilers
  readonly storedCheck: (resource: Resource) => StoredCheck
  /** Guards of a resource, combined; `undefined` if it has none. */
  readonly guardsOf: (resource: Resource) => AskGuards | undefined
  readonly isCertain: IsCertain
  readonly turns: Turns
  /** A view of the application. */
  readonly viewOf: (resourceName: string, version: VersionName) => CompiledView
}

/** An action with everything that is computed before the first request. */
interface CompiledAction extends ActionOptions {
  readonly compiled: CompiledView
  readonly action: Action
  readonly audience: Audience
  readonly handler: Implementation['handler']
  readonly checkInput: (body: unknown) => Parsed<Fields>
  readonly makeAnswer: MakeAnswer
  readonly writable: ReadonlySet<string>
}

/** A request for an action, parsed and validated. */
interface Asked {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly call: Call
  readonly conditions: Preconditions
  readonly input: Fields
  /** Its Idempotency-Key, in the form in which it is stored. */
  readonly key: ActionKey | undefined
}

/**
 * POST of an action: read, let the handler decide, then commit on the condition that nothing has changed. After a
 * concurrent write the decision is repeated, as for PATCH. Nothing is written before the commit, so a handler that
 * throws, refuses or does not end has no effect.
 */
export function actionHandler(compiled: CompiledView, action: Action, options: ActionOptions): Handler {
  const { compilers, implementations } = options
  const one: CompiledAction = {
    ...options,
    compiled,
    action,
    audience: new Audience(action.access),
    // The cast is safe: an action without a handler stops the start (match-implementations.ts).
    handler: implementations.get(action) as Implementation['handler'],
    checkInput: compileInputCheck(compilers, action.name, action.input ?? noInput),
    makeAnswer: compileAnswer(compiled, action, (name) => options.viewOf(name, compiled.view.version)),
    writable: new Set(action.writes.map(({ name }) => name)),
  }
  return async (request, reply) => {
    const asked = readRequest(one, request, reply)
    if (!asked.ok) return sendProblem(reply, asked.problem)
    const { key, call } = asked.value
    const outcome = await options.commits.exclusively(key?.id, async () => {
      if (key === undefined) return perform(one, asked.value)
      const known = await options.commits.answered(key.id, key.request, call)
      switch (known.kind) {
        case 'none':
          return perform(one, asked.value)
        case 'kept':
          return replay(one, asked.value, known.answer)
        case 'notDone':
          return sendFailure(reply, known)
        default:
          return known
      }
    })
    return isKeyRefused(outcome) ? sendProblem(reply, keyRefusedProblem(outcome)) : outcome
  }
}

/** The cast is safe: only TypeBox's own symbol is missing, and nothing here reads it. */
const noInput = { type: 'object', properties: {} } as never

const isKeyRefused = (outcome: FastifyReply | KeyRefused): outcome is KeyRefused =>
  'kind' in outcome && outcome.kind === 'keyRefused'

function readRequest(
  { compiled, action, checkInput }: CompiledAction,
  request: FastifyRequest,
  reply: FastifyReply,
): Parsed<Asked> {
  const query = parseWriteQuery(searchOf(request.url))
  if (!query.ok) return query
  const conditions = parsePreconditions(request.headers, 'write')
  if (!conditions.ok) return conditions
  const input = action.raw === undefined ? jsonInput(request, checkInput) : rawInput(request, action.raw)
  if (!input.ok) return input
  const key = actionKey(compiled, action, request, input.value)
  if (!key.ok) return key
  return {
    ok: true,
    value: {
      request,
      reply,
      call: callOfCode(request),
      conditions: conditions.value,
      input: input.value.input,
      key: key.value,
    },
  }
}

async function perform(one: CompiledAction, asked: Asked): Promise<FastifyReply> {
  const { compiled, commits } = one
  const { request, reply, key, call } = asked
  let contested: readonly string[] = []
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    using turn = await takeTurn(one.turns, contested, call)
    if (turn === undefined) return sendProblem(reply, writeConflict)
    const decision = await decide(one, asked)
    if (!decision.ok) return sendProblem(reply, decision.problem)
    const { writes, answer, kept } = decision.value
    const keyed = key && { ...key, answer: kept }
    const outcome = await outcomeOf(request, commits.commit(writes, keyed, call))
    switch (outcome.kind) {
      case 'committed':
        return send(reply, answer)
      case 'changed':
        call.ownTime?.contended()
        contested = writes.map(({ collection, record }) => `${collection}/${record._id}`)
        continue
      case 'answered':
        return replayKept(one, asked)
      case 'uniqueConflict': {
        if (outcome.fields[0] === '_id') return sendProblem(reply, idIsTaken)
        const ofOwn = outcome.resource.name === compiled.view.resource.name
        return sendProblem(
          reply,
          uniqueConflictProblem(compiled, ofOwn ? outcome : { ...outcome, fields: [] }),
        )
      }
      default:
        return sendFailure(reply, outcome, purgeTags(...tagsOfWrites(writes, request.principal?.subject)))
    }
  }
  return sendProblem(reply, writeConflict)
}

/** Result of one run of the handler. */
interface Decision {
  readonly writes: readonly Prepared[]
  readonly answer: KeptAnswer
  /** The answer to a repeated request: without what is shown once. */
  readonly kept: KeptAnswer
}

const refused = (problem: Problem): { readonly ok: false; readonly problem: Problem } => ({
  ok: false,
  problem,
})

async function decide(one: CompiledAction, asked: Asked): Promise<Parsed<Decision>> {
  const { compiled, action, commits, isCertain } = one
  const { request } = asked
  // A primary that may have been replaced must not make a caller believe "gone" or "changed": they would act on it.
  const judged = (problem: Problem) =>
    refused(
      problemStatus(problem) >= 500 || isCertain(request.startedAtMs) ? problem : failureProblem(unavailable),
    )
  const found = action.target === 'document' ? await findDocument(one, asked) : undefined
  if (found?.ok === false) return judged(found.problem)
  const at = commits.clock()
  const work = new Work({
    catalogue: one.catalogue,
    repository: one.repository,
    storedCheck: one.storedCheck,
    writable: one.writable,
    principal: request.principal,
    now: at.iso,
    call: asked.call,
  })
  const read = found?.value.document
  const document = found && work.add(compiled.view.resource, found.value)
  const ran = await runHandler(one, asked, work, document)
  if (!ran.ok) return judged(ran.problem)
  const guarded = await askGuardsOfWrites(work, {
    guardsOf: one.guardsOf,
    principal: request.principal,
    nowMs: at.ms,
    call: asked.call,
  })
  if (!guarded.ok) return judged(guarded.problem)
  const author = authorOf(request, action.name)
  const writes = guarded.value.map((change) => commits.prepare(change, at, author))
  if (writes.length > writesMax) throw new RangeError(`the action writes more than ${writesMax} documents`)
  const tags = tagsOfWrites(writes, request.principal?.subject)
  const answerWith = (result: unknown): KeptAnswer => {
    const made = one.makeAnswer(result, read?.id, {
      writes,
      principal: request.principal,
      read: (name, id) =>
        read?.id === id && name === compiled.view.resource.name ? read : work.read(name, id),
    })
    return { ...made, headers: { ...made.headers, ...(tags.length > 0 && purgeTags(...tags)) } }
  }
  const answer = answerWith(ran.value)
  const { shownOnce } = action
  const kept = shownOnce === undefined ? answer : answerWith(withoutMembers(ran.value, shownOnce))
  return { ok: true, value: { writes, answer, kept } }
}

const withoutMembers = (result: unknown, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(result ?? {}).filter(([name]) => !names.includes(name)))

/**
 * Reads the document of the path. A restore of a document that exists is answered with it, so a repeat gets the same
 * answer as the first.
 */
async function readNamed(
  { compiled, action, repository }: CompiledAction,
  id: string,
  call: Call,
): Promise<KeptOutcome> {
  const { resource } = compiled.view
  if (action.builtIn === 'restore') return repository.readKept(resource, id, call)
  const outcome = await repository.read(resource, id, call)
  return outcome.kind === 'found' ? { ...outcome, isDeleted: false } : outcome
}

async function findDocument(
  one: CompiledAction,
  { request, call, conditions }: Asked,
): Promise<Parsed<Found>> {
  const { compiled, audience } = one
  const id = idOf(request)
  const { resource } = compiled.view
  const found = await readNamed(one, id, call)
  if (found.kind === 'notDone') return refused(failureProblem(found))
  if (found.kind === 'notFound' || !isAllowed(resource.audiences.read, found.document, request)) {
    return refused(noSuchDocument)
  }
  const { document } = found
  if (!isAllowed(audience, document, request)) return refused(notYours)
  const hidden = compiled.hiddenFrom(document.fields, request.principal)
  const verdict = evaluatePreconditions(conditions, document.version, compiled.revisionWithout(hidden))
  if (verdict !== 'proceed')
    return refused(preconditionFailed(verdict, compiled.etag(document.version, hidden)))
  return { ok: true, value: { document, isDeleted: found.isDeleted } }
}

async function runHandler(
  { action, handler }: CompiledAction,
  { request, reply, input, key, call }: Asked,
  work: Work,
  document: unknown,
): Promise<Parsed<unknown>> {
  const context = new Context({
    action,
    document,
    input,
    principal: request.principal,
    store: work,
    now: work.now,
    requestKey: key?.id ?? request.id,
    reply,
  })
  try {
    const result = await ofCode(call, () => inTime(handler(context), call.deadline - answerMs))
    if (result === late) {
      request.defect ??= new Error(`the handler of '${action.name}' did not end in ${action.timeoutMs} ms`)
      return refused(tooLate)
    }
    return result instanceof Refusal ? refused(result.problem) : { ok: true, value: result }
  } catch (error) {
    if (error instanceof ProblemError) return refused(error.problem)
    throw error
  } finally {
    work.end()
    context.end()
  }
}

const tooLate: Problem = {
  code: 'deadline-exceeded',
  detail: 'The action did not end before its deadline. Nothing was done.',
  retryAfterSeconds: 1,
}

function send(reply: FastifyReply, { status, headers: fields, body }: KeptAnswer): FastifyReply {
  reply.code(status).headers(fields)
  return status === 204 ? reply.send() : reply.send(body)
}

/**
 * Sends the first answer again, with its purge tags: the first one may not have reached the edge. Its document is left out
 * if the caller, whose roles may have changed meanwhile, may not see it any more.
 */
async function replay(one: CompiledAction, asked: Asked, answer: KeptAnswer): Promise<FastifyReply> {
  const { request, reply, call } = asked
  const { shows } = answer
  const again = (kept: KeptAnswer) => send(reply.header(headers.idempotencyReplayed, 'true'), kept)
  if (shows === undefined) return again(answer)
  const compiled = one.viewOf(shows.resource, one.compiled.view.version)
  const found = await one.repository.read(compiled.view.resource, shows.id, call)
  if (found.kind === 'notDone') return sendFailure(reply, found)
  const now = found.kind === 'found' ? found.document : undefined
  return again(maySeeAgain(compiled, shows, now, request.principal) ? answer : withoutDocument(answer))
}

/** Another process has answered the same request meanwhile. */
async function replayKept(one: CompiledAction, asked: Asked): Promise<FastifyReply> {
  const { reply, key, call } = asked
  // The cast is safe: the outcome `answered` exists only for a request with a key.
  const { id, request } = key as NonNullable<Asked['key']>
  const known = await one.commits.answered(id, request, call)
  switch (known.kind) {
    case 'kept':
      return replay(one, asked, known.answer)
    case 'keyRefused':
      return sendProblem(reply, keyRefusedProblem(known))
    case 'notDone':
      return sendFailure(reply, known)
    case 'none':
      return sendProblem(reply, writeConflict)
  }
}
