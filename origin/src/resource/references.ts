import {
  type Catalogue,
  type FieldError,
  type Fields,
  idPattern,
  idsOf,
  type Problem,
  type Resource,
  satisfies,
} from '@spillway/origin/contract'
import { validationFailed } from '../http/validation-problem.ts'
import type { ReadOutcome, Repository } from '../store/repository.ts'
import { failureProblem } from './answer.ts'
import type { AskGuards, GuardedWrite } from './guarding.ts'
import type { IsCertain } from './reads.ts'

export interface ReferencesOptions {
  readonly catalogue: Catalogue
  readonly repository: Pick<Repository, 'read'>
  readonly isCertain: IsCertain
}

/** An id that a write refers to, and that the document did not refer to before. */
interface Named {
  /** JSON Pointer into the stored fields. */
  readonly pointer: string
  readonly target: Resource
  readonly id: string
}

/**
 * Reads the documents that a write newly refers to: each must exist, and the caller must be allowed to read it.
 * `undefined` if the resource has no references.
 *
 * All are read at once, so that they share commands with each other and with other requests. None is locked: a document
 * that is deleted right after the write leaves the same dangling reference as one deleted right before.
 */
export function compileReferences(options: ReferencesOptions, resource: Resource): AskGuards | undefined {
  if (resource.references.size === 0) return undefined
  // The cast is safe: `defineApplication` refuses a reference to an unknown resource.
  const targets = [...resource.references].map(
    ([field, name]) => [field, options.catalogue.get(name) as Resource] as const,
  )
  return async (write) => {
    const named = targets.flatMap(([field, target]) => [...newlyNamed(field, target, write)])
    if (named.length === 0) return { ok: true, value: [] }
    const problem = await lookUp(options, named, write)
    return problem === undefined ? { ok: true, value: [] } : { ok: false, problem }
  }
}

function* newlyNamed(field: string, target: Resource, { fields, before }: GuardedWrite): Generator<Named> {
  const value = fields?.[field]
  const known = new Set(idsOf(before?.[field]))
  for (const [index, id] of idsOf(value).entries()) {
    if (known.has(id)) continue
    yield { pointer: Array.isArray(value) ? `/${field}/${index}` : `/${field}`, target, id }
  }
}

async function lookUp(
  { repository, isCertain }: ReferencesOptions,
  named: readonly Named[],
  write: GuardedWrite,
): Promise<Problem | undefined> {
  const beganAtMs = performance.now()
  const found = await Promise.all(
    named.map(({ target, id }) => readUnlessSeen(repository, target, id, write)),
  )
  const mistakes: FieldError[] = []
  for (const [index, outcome] of found.entries()) {
    if (outcome.kind === 'notDone') return failureProblem(outcome)
    // The cast is safe: `found` has one outcome for each id in `named`.
    const { pointer, target } = named[index] as Named
    if (!mayName(outcome, target, write)) mistakes.push({ pointer, detail: missing(target) })
  }
  if (mistakes.length === 0) return undefined
  // A primary that may have been replaced must not make a caller believe that a document does not exist.
  if (!isCertain(beganAtMs)) return failureProblem({ kind: 'notDone', reason: 'unavailable' })
  const { shown = (same) => same } = write
  return validationFailed(shown(mistakes.slice(0, mistakesMax)))
}

/** Mistakes listed: a batch may have a hundred documents with a hundred ids each. */
const mistakesMax = 10

/** A document that an action's handler has read or written. The handler has decided who may refer to it. */
interface Seen {
  readonly kind: 'seen'
  readonly fields: Fields | undefined
}

async function readUnlessSeen(
  repository: Pick<Repository, 'read'>,
  target: Resource,
  id: string,
  { seen, call }: GuardedWrite,
): Promise<ReadOutcome | Seen> {
  const known = seen?.(target, id)
  if (known !== undefined) return { kind: 'seen', fields: known.fields }
  return idPattern.test(id) ? repository.read(target, id, call) : { kind: 'notFound' }
}

function mayName(
  outcome: Exclude<ReadOutcome, { kind: 'notDone' }> | Seen,
  { audiences }: Resource,
  { principal }: GuardedWrite,
): boolean {
  if (outcome.kind === 'notFound') return false
  if (outcome.kind === 'seen') return outcome.fields !== undefined
  return satisfies(audiences.read.of(principal), outcome.document.fields)
}

/** The same text whether the document does not exist or may not be read by this caller. */
const missing = ({ name }: Resource): string =>
  `No document of '${name}' that you may read has this id. Send the id of one that GET shows you.`
