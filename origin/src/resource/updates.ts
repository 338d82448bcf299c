import { isDeepStrictEqual } from 'node:util'
import {
  claimValues,
  type FieldError,
  type Fields,
  filterTypeOf,
  mergePatch,
  noSuchDocument,
  type Parsed,
  type Principal,
  type Problem,
  parseFilterValue,
  parseWriteQuery,
  pick,
  type Resource,
  storedPath,
  systemFields,
  type View,
} from '@spillway/origin/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { searchOf } from '../http/entry.ts'
import {
  evaluatePreconditions,
  type Preconditions,
  parsePreconditions,
  preconditionFailed,
  preconditionRequired,
} from '../http/precondition.ts'
import { sendProblem } from '../http/problem.ts'
import { bodyOf, callOf, callOfCode, idOf } from '../http/request.ts'
import { validationFailed } from '../http/validation-problem.ts'
import type {
  ChangeCall,
  DeleteOutcome,
  NotDone,
  ReplaceOutcome,
  Repository,
  StoredDocument,
} from '../store/repository.ts'
import { failureProblem, outcomeOf, sendFailure, sendWritten, uniqueConflictProblem } from './answer.ts'
import { type CompiledView, purgeTags } from './compiled-view.ts'
import { keptNames } from './field-writes.ts'
import { type AskGuards, noGuards } from './guarding.ts'
import { type Handler, type IsCertain, isAllowed } from './reads.ts'
import { showDocument } from './serializer.ts'
import { storedFields, type Writing } from './stored-fields.ts'
import { notAnObject } from './validator.ts'

/**
 * Writes to an existing document: read, decide, then write on the condition that the document is unchanged (compare and
 * set). A handler only decides; {@link writeDecided} reads, writes and answers. After a concurrent write, the decision
 * is repeated on the current document: a conditional request then fails with 412, and an unconditional one applies to
 * the newer document.
 */

/** Attempts per request. Each failed attempt means that another writer succeeded. */
export const attemptsMax = 8

/** PUT: replaces an existing document. It cannot create one, because the store assigns ids. */
export function replaceHandler(
  compiled: CompiledView,
  repository: Repository,
  options: UpdateOptions,
): Handler {
  const { validator } = compiled
  return updateHandler(
    compiled,
    repository,
    { ...options, missing: nothingToReplace, operation: 'replace' },
    (body) => {
      const parts = validator.part(body)
      if (parts === undefined) return { ok: false, problem: notAnObject }
      // Fields that the caller need not send are known with the document.
      const errors = compiled.view.resource.fieldAccess.guardsSome ? [] : validator.input(parts.writable)
      if (errors.length > 0) return { ok: false, problem: validationFailed(errors) }
      const apply = (shown: Fields, kept: readonly string[]) => ({ ...pick(shown, kept), ...parts.writable })
      return { ok: true, value: { ...parts, apply } }
    },
  )
}

/** PATCH: JSON Merge Patch (RFC 7396). The result must be as valid as the body of a PUT. */
export function patchHandler(
  compiled: CompiledView,
  repository: Repository,
  options: UpdateOptions,
): Handler {
  const { validator } = compiled
  return updateHandler(
    compiled,
    repository,
    { ...options, missing: noSuchDocument, operation: 'patch' },
    (body) => {
      const parts = validator.part(body)
      if (parts === undefined) return { ok: false, problem: notAnObject }
      const errors = validator.unknownNames(parts.writable)
      if (errors.length > 0) return { ok: false, problem: validationFailed(errors) }
      // The cast is safe: a merge patch of an object with an object is an object (RFC 7396 §2).
      const apply = (shown: Fields) => mergePatch(shown, parts.writable) as Fields
      return { ok: true, value: { ...parts, apply } }
    },
  )
}

/**
 * The change that a body asks for: a function from the current fields to the next ones, and read-only members to
 * compare.
 */
interface Change {
  readonly readOnly: Fields
  readonly writable: Fields
  /** @param kept names that are not removed where the body leaves them out */
  readonly apply: (shown: Fields, kept: readonly string[]) => Fields
}

interface UpdateOptions {
  readonly isCertain: IsCertain
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  readonly askGuards?: AskGuards | undefined
}

/** Rules for judging what was read: its certainty, and the answer if nothing is there. */
interface Judging {
  readonly isCertain: IsCertain
  readonly missing: Problem
}

function updateHandler(
  compiled: CompiledView,
  repository: Repository,
  judging: Judging & UpdateOptions & Pick<Writing, 'operation'>,
  parse: (body: unknown) => Parsed<Change>,
): Handler {
  const { resource } = compiled.view
  return async (request, reply) => {
    const conditions = writeConditions(compiled, request)
    if (!conditions.ok) return sendProblem(reply, conditions.problem)
    const body = bodyOf(request)
    if (!body.ok) return sendProblem(reply, body.problem)
    const change = parse(body.value)
    if (!change.ok) return sendProblem(reply, change.problem)
    const call = callOfCode(request)
    const { principal } = request
    const { askGuards = noGuards, clock, operation } = judging
    return writeDecided(
      { ...judging, compiled, repository, conditions: conditions.value, right: 'update' },
      request,
      reply,
      async (current) => {
        const next = nextFields(compiled, current, change.value, { principal, nowMs: clock(), operation })
        if (!next.ok) return { kind: 'refused', problem: next.problem }
        if (!isAllowed(resource.audiences.read, { fields: next.value }, request)) {
          return { kind: 'refused', problem: outOfSight }
        }
        if (!keepsTenants(resource, current.fields, next.value, principal)) {
          return { kind: 'refused', problem: notYourTenant }
        }
        const { id, fields: before } = current
        const { shown } = compiled.validator
        const write = { resource, id, before, principal, operation, nowMs: clock(), call, shown }
        const verdict = await askGuards({ ...write, fields: next.value })
        if (!verdict.ok) return { kind: 'refused', problem: verdict.problem }
        return { kind: 'replace', fields: next.value, call: { ...call, requires: verdict.value } }
      },
    )
  }
}

/** DELETE: 204, then 404. */
export function deleteHandler(
  compiled: CompiledView,
  repository: Repository,
  { isCertain, clock, askGuards = noGuards }: UpdateOptions,
): Handler {
  const { resource } = compiled.view
  return async (request, reply) => {
    const conditions = writeConditions(compiled, request)
    if (!conditions.ok) return sendProblem(reply, conditions.problem)
    const call = callOfCode(request)
    return writeDecided(
      {
        compiled,
        repository,
        conditions: conditions.value,
        missing: noSuchDocument,
        isCertain,
        right: 'delete',
      },
      request,
      reply,
      async (current) => {
        const { principal } = request
        const { id, fields: before } = current
        const write = { resource, id, before, principal, nowMs: clock(), call }
        const verdict = await askGuards({ ...write, fields: undefined, operation: 'delete' })
        if (!verdict.ok) return { kind: 'refused', problem: verdict.problem }
        return { kind: 'delete', call: { ...call, requires: verdict.value } }
      },
    )
  }
}

function writeConditions({ view }: CompiledView, request: FastifyRequest): Parsed<Preconditions> {
  const query = parseWriteQuery(searchOf(request.url))
  if (!query.ok) return query
  const conditions = parsePreconditions(request.headers, 'write')
  if (conditions.ok && view.resource.requireIfMatch && conditions.value.ifMatch === undefined) {
    return { ok: false, problem: preconditionRequired }
  }
  return conditions
}

interface WriteJudging extends Judging {
  readonly compiled: CompiledView
  readonly repository: Repository
  readonly conditions: Preconditions
  /** Access rule that the document must satisfy. */
  readonly right: 'update' | 'delete'
}

/** Fate of the current document. */
type Decision =
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'replace'; readonly fields: Fields; readonly call: ChangeCall }
  | { readonly kind: 'delete'; readonly call: ChangeCall }

/** @param decide called again for the newer document after a concurrent write */
async function writeDecided(
  { compiled, repository, conditions, missing, isCertain, right }: WriteJudging,
  request: FastifyRequest,
  reply: FastifyReply,
  decide: (current: StoredDocument) => Promise<Decision>,
): Promise<FastifyReply> {
  const { resource } = compiled.view
  const id = idOf(request)
  // A primary that may have been replaced must not make a caller believe "gone" or "changed": they would act on it.
  const judged = (verdict: Problem) =>
    sendProblem(reply, isCertain(request.startedAtMs) ? verdict : failureProblem(unavailable))
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const found = await repository.read(resource, id, callOf(request))
    if (found.kind === 'notDone') return sendFailure(reply, found)
    if (found.kind === 'notFound' || !isAllowed(resource.audiences.read, found.document, request)) {
      return judged(missing)
    }
    const { document } = found
    if (!isAllowed(resource.audiences[right], document, request)) return sendProblem(reply, notYours)
    const hidden = compiled.hiddenFrom(document.fields, request.principal)
    const verdict = evaluatePreconditions(conditions, document.version, compiled.revisionWithout(hidden))
    if (verdict !== 'proceed')
      return judged(preconditionFailed(verdict, compiled.etag(document.version, hidden)))
    const decision = await decide(document)
    if (decision.kind === 'refused') return sendProblem(reply, decision.problem)
    const written =
      decision.kind === 'delete'
        ? repository.delete(resource, document, decision.call)
        : repository.replace(resource, document, decision.fields, decision.call)
    const outcome = await outcomeOf<ReplaceOutcome | DeleteOutcome>(request, written)
    const subject = request.principal?.subject
    const purgeOf = (...stored: readonly Fields[]) =>
      purgeTags(compiled.documentTag(id), ...compiled.changedListTags(stored, subject))
    switch (outcome.kind) {
      case 'replaced':
        return sendWritten(reply, 200, {
          compiled,
          document: outcome.document,
          purge: purgeOf(document.fields, outcome.document.fields),
        })
      case 'deleted':
        return reply.code(204).headers(purgeOf(document.fields)).header('cache-control', 'no-store').send()
      case 'versionConflict':
        continue
      case 'notFound':
        return sendProblem(reply, missing)
      case 'uniqueConflict':
        return sendProblem(reply, uniqueConflictProblem(compiled, outcome))
      case 'unstorable':
        return sendProblem(reply, validationFailed(compiled.validator.shown(outcome.errors)))
      default:
        // It is unknown whether and what it has written.
        return sendFailure(reply, outcome, purgeTags(compiled.documentTag(id), compiled.allListsTag(subject)))
    }
  }
  return sendProblem(reply, writeConflict)
}

/** The next stored fields, checked against the version's schema and the stored one. */
function nextFields(
  compiled: CompiledView,
  current: StoredDocument,
  { readOnly, writable, apply }: Change,
  write: Writing,
): Parsed<Fields> {
  const { validator, view } = compiled
  const shown = showDocument(current, view.representation.fromStored)
  const errors: FieldError[] = []
  const hidden = compiled.hiddenFrom(current.fields, write.principal)
  for (const [name, value] of Object.entries(readOnly)) {
    // Whether a guess is right would tell what is hidden.
    const isHidden = hidden.includes(storedPath(view.representation, name) ?? '')
    if (isHidden || !isDeepStrictEqual(sameSpelling(view, name, value), shown[name])) {
      const detail = 'Read-only field: omit it, or send its current value.'
      errors.push({ pointer: `/${name}`, detail })
    }
  }
  const kept = keptNames(compiled, current.fields, write.principal)
  // The cast is safe: `shown` is an object, so it has parts.
  const input = apply(validator.part(shown)?.writable as Fields, kept)
  errors.push(...validator.input(input))
  if (errors.length > 0) return { ok: false, problem: validationFailed(errors) }
  return storedFields(compiled, { input, sent: Object.keys(writable) }, current.fields, write)
}

const isSystemField = (name: string): name is keyof typeof systemFields => Object.hasOwn(systemFields, name)

/** Normalizes a time before comparison: equal instants have several spellings (RFC 3339 §5.6). */
function sameSpelling({ representation }: View, name: string, value: unknown): unknown {
  const schema = isSystemField(name) ? systemFields[name] : representation.schema.properties[name]
  const type = schema === undefined ? undefined : filterTypeOf(schema)
  if (type?.kind !== 'date-time' || typeof value !== 'string') return value
  return parseFilterValue(type, value) ?? value
}

export const unavailable: NotDone = { kind: 'notDone', reason: 'unavailable' }

const nothingToReplace: Problem = {
  code: 'not-found',
  detail:
    'No document has this id. PUT does not create documents, because the server assigns ids. Use POST on the list.',
}

export const writeConflict: Problem = {
  code: 'write-conflict',
  detail: 'Concurrent writes kept changing this document. Nothing was done; retry the request.',
  retryAfterSeconds: 1,
}

export const notYours: Problem = {
  code: 'insufficient-scope',
  detail: 'The access rule of this operation does not let you change this document.',
}

const outOfSight: Problem = {
  code: 'insufficient-scope',
  detail: 'After this change you could no longer read the document.',
}

/**
 * Whether each tenant that a change sets is one of the caller's. Otherwise a caller could hand a readable document to a
 * foreign organization.
 */
const keepsTenants = (
  { tenants }: Resource,
  before: Fields,
  next: Fields,
  principal: Principal | undefined,
): boolean =>
  [...tenants].every(
    ([field, claim]) =>
      next[field] === before[field] ||
      (principal !== undefined && claimValues(principal, claim).some((value) => value === next[field])),
  )

const notYourTenant: Problem = {
  code: 'insufficient-scope',
  detail: 'The access token does not belong to the tenant that this change sets.',
}
