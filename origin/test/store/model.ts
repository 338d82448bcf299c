import type { Fields } from '@spillway/origin/contract'

/**
 * Model of the repository's guarantees, without a database: documents, unique codes and keys, one operation at a time.
 * The outcomes of concurrent operations must match some order in which the model yields the same.
 */
export interface ModelDocument {
  readonly version: number
  readonly fields: Fields
  readonly isDeleted: boolean
}

export interface Model {
  readonly documents: ReadonlyMap<string, ModelDocument>
  /** Key → request and first answer. */
  readonly keys: ReadonlyMap<
    string,
    { readonly request: string; readonly id: string; readonly first: Fields }
  >
}

export const emptyModel: Model = { documents: new Map(), keys: new Map() }

export type Operation =
  | { readonly kind: 'create'; readonly fields: Fields; readonly key?: string; readonly request: string }
  | { readonly kind: 'replace'; readonly id: string; readonly version: number; readonly fields: Fields }
  | { readonly kind: 'delete'; readonly id: string; readonly version: number }
  | { readonly kind: 'read'; readonly id: string }

/**
 * An outcome without the parts that the model cannot predict: the `id` of a created document is taken from the outcome,
 * also if it was learnt later by repeating an unknown create.
 */
export interface Seen {
  readonly kind: string
  readonly id?: string
  readonly version?: number
  readonly fields?: Fields
  readonly reason?: string
}

/** Every model that the operation may lead to with this outcome; none if the outcome is impossible. */
export function step(model: Model, operation: Operation, seen: Seen): readonly Model[] {
  // A write that is not done has not happened and never will.
  if (seen.kind === 'notDone') return [model]
  if (seen.kind === 'unknown') {
    const success = successOf(operation, seen.id)
    return success === undefined ? [model] : [model, ...step(model, operation, success)]
  }
  const next = known(model, operation, seen)
  return next === undefined ? [] : [next]
}

function known(model: Model, operation: Operation, seen: Seen): Model | undefined {
  switch (operation.kind) {
    case 'create':
      return create(model, operation, seen)
    case 'read': {
      const { id } = operation
      const document = alive(model, id)
      const expected = document ? { kind: 'found', id, ...visible(document) } : { kind: 'notFound' }
      return isEqual(expected, seen) ? model : undefined
    }
    case 'replace':
    case 'delete':
      return change(model, operation, seen)
  }
}

/** Outcome that the write would have had if it happened. */
function successOf(operation: Operation, createdId: string | undefined): Seen | undefined {
  switch (operation.kind) {
    case 'create':
      if (createdId === undefined) return undefined
      return { kind: 'created', id: createdId, version: 1, fields: operation.fields }
    case 'replace': {
      const { id, version, fields } = operation
      return { kind: 'replaced', id, version: version + 1, fields }
    }
    case 'delete':
      return { kind: 'deleted' }
    case 'read':
      return undefined
  }
}

function create(
  model: Model,
  { fields, key, request }: Extract<Operation, { kind: 'create' }>,
  seen: Seen,
): Model | undefined {
  const used = key === undefined ? undefined : model.keys.get(key)
  if (used !== undefined) {
    const expected =
      used.request === request
        ? { kind: 'replayed', id: used.id, version: 1, fields: used.first }
        : { kind: 'keyRefused', reason: 'otherRequest' }
    return isEqual(expected, seen) ? model : undefined
  }
  if (isTaken(model, fields, undefined)) return seen.kind === 'uniqueConflict' ? model : undefined
  const { id } = seen
  if (id === undefined || !isEqual({ kind: 'created', id, version: 1, fields }, seen)) return undefined
  if (model.documents.has(id)) return undefined
  return {
    documents: new Map(model.documents).set(id, { version: 1, fields, isDeleted: false }),
    keys: key === undefined ? model.keys : new Map(model.keys).set(key, { request, id, first: fields }),
  }
}

function change(
  model: Model,
  operation: Extract<Operation, { kind: 'replace' | 'delete' }>,
  seen: Seen,
): Model | undefined {
  const { id, version } = operation
  const document = alive(model, id)
  if (document === undefined) return seen.kind === 'notFound' ? model : undefined
  if (document.version !== version) return seen.kind === 'versionConflict' ? model : undefined
  if (operation.kind === 'delete') {
    if (seen.kind !== 'deleted') return undefined
    return withDocument(model, id, { ...document, isDeleted: true })
  }
  const { fields } = operation
  if (isTaken(model, fields, id)) return seen.kind === 'uniqueConflict' ? model : undefined
  const next = { version: version + 1, fields, isDeleted: false }
  return isEqual({ kind: 'replaced', id, ...visible(next) }, seen) ? withDocument(model, id, next) : undefined
}

/**
 * Finds orders of a round's concurrent operations in which the model agrees with each outcome. Searches sets of
 * operations instead of orders, because orders that lead to the same model need only one check.
 *
 * @returns every model that some order leads to
 */
export function explain(
  models: readonly Model[],
  round: readonly (readonly [Operation, Seen])[],
): readonly Model[] {
  // By the set of operations that are applied, one bit for each.
  const reached = Array.from({ length: 2 ** round.length }, () => new Map<string, Model>())
  const reach = (done: number, model: Model) => reached[done]?.set(fingerprint(model), model)
  for (const model of models) reach(0, model)
  for (const [done, states] of reached.entries()) {
    for (const model of states.values()) {
      for (const [index, [operation, seen]] of round.entries()) {
        const bit = 2 ** index
        if ((done & bit) !== 0) continue
        for (const next of step(model, operation, seen)) reach(done | bit, next)
      }
    }
  }
  return [...(reached.at(-1) as Map<string, Model>).values()]
}

const fingerprint = ({ documents, keys }: Model): string =>
  JSON.stringify([[...documents].sort(), [...keys].sort()])

const visible = ({ version, fields }: ModelDocument) => ({ version, fields })

function alive({ documents }: Model, id: string): ModelDocument | undefined {
  const document = documents.get(id)
  return document?.isDeleted === false ? document : undefined
}

const withDocument = (model: Model, id: string, document: ModelDocument): Model => ({
  ...model,
  documents: new Map(model.documents).set(id, document),
})

function isTaken({ documents }: Model, { code }: Fields, except: string | undefined): boolean {
  for (const [id, document] of documents) {
    if (id !== except && !document.isDeleted && document.fields.code === code) return true
  }
  return false
}

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort())
      : part,
  )
const isEqual = (a: unknown, b: unknown): boolean => sorted(a) === sorted(b)
