import type { Fields } from '@spillway/origin/contract'

/**
 * What the repository promises, without a database: documents, unique codes and keys, one operation after another. An
 * operation that the real one did at the same time as others must have an order in which the model says the same.
 */
export interface ModelDocument {
  readonly version: number
  readonly fields: Fields
  readonly isDeleted: boolean
}

export interface Model {
  readonly documents: ReadonlyMap<string, ModelDocument>
  /** Key → request and what was first answered. */
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

/** An outcome without what the model cannot know: `id` of a created document is taken as it comes. */
export interface Seen {
  readonly kind: string
  readonly id?: string
  readonly version?: number
  readonly fields?: Fields
  readonly reason?: string
}

/** The model after the operation, if the operation may end as seen; `undefined` if it may not. */
export function step(model: Model, operation: Operation, seen: Seen): Model | undefined {
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
 * Orders the operations of a round, all of which ran at the same time, so that the model agrees with each of them.
 * @returns every model that some order leads to
 */
export function explain(model: Model, round: readonly (readonly [Operation, Seen])[]): readonly Model[] {
  if (round.length === 0) return [model]
  return round.flatMap(([operation, seen], index) => {
    const next = step(model, operation, seen)
    return next === undefined ? [] : explain(next, round.toSpliced(index, 1))
  })
}

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
