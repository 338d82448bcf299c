import {
  type Action,
  isResource,
  headers as names,
  type Principal,
  satisfies,
} from '@spillway/origin/contract'
import { jsonType } from '../http/json-body.ts'
import type { CompiledView } from '../resource/compiled-view.ts'
import { compileWriter } from '../resource/serializer.ts'
import type { KeptAnswer, Prepared, ShownDocument } from '../store/commit.ts'
import type { StoredDocument } from '../store/repository.ts'

/** Documents that a handler has read and is about to write. */
export interface Done {
  readonly writes: readonly Prepared[]
  /** A document as the handler has read it. */
  readonly read: (resourceName: string, id: string) => StoredDocument | undefined
  readonly principal: Principal | undefined
}

/**
 * Builds the answer before the writes are committed, so that a result that cannot be serialized fails while nothing has
 * happened.
 *
 * @param result of the handler
 * @param id of the path
 */
export type MakeAnswer = (result: unknown, id: string | undefined, done: Done) => KeptAnswer

/** @param ofOutput the view of a resource in the action's version */
export function compileAnswer(
  compiled: CompiledView,
  { name, output, target }: Action,
  ofOutput: (resourceName: string) => CompiledView,
): MakeAnswer {
  if (isResource(output)) return documentAnswer(name, ofOutput(output.name))
  if (output !== undefined) {
    const write = compileWriter(output)
    return (result) => ({ status: 200, headers: json, body: write(result) })
  }
  if (target === 'collection') return () => nothing
  return (_result, id, done) => {
    const document = id === undefined ? undefined : afterwards(compiled, id, done)
    return document === undefined || !mayRead(compiled, document, done)
      ? nothing
      : shown(compiled, document, done)
  }
}

/** Answers with the document that the handler returns, if its caller may read that. */
function documentAnswer(name: string, compiled: CompiledView): MakeAnswer {
  const { resource } = compiled.view
  return (result, _id, done) => {
    // The cast is safe: the id is checked before use. It decides which of the documents is meant.
    const { id } = (result ?? {}) as { readonly id?: unknown }
    const document = typeof id === 'string' ? afterwards(compiled, id, done) : undefined
    if (document === undefined) {
      throw new TypeError(
        `'${name}' must return a document of '${resource.name}' that it has read or written`,
      )
    }
    if (!mayRead(compiled, document, done)) return nothing
    const answer = shown(compiled, document, done)
    return {
      ...answer,
      headers: { ...answer.headers, 'content-location': `${compiled.path}/${document.id}` },
    }
  }
}

/** Whether the caller may read the document as it is after the writes. */
const mayRead = ({ view }: CompiledView, { fields }: StoredDocument, { principal }: Done): boolean =>
  satisfies(view.resource.audiences.read.of(principal), fields)

/** The document after the writes; `undefined` if it was deleted or is not among those of the handler. */
function afterwards({ view }: CompiledView, id: string, { writes, read }: Done): StoredDocument | undefined {
  const { name } = view.resource
  const written = writes.find(
    ({ record, isGuard, resource }) => !isGuard && record._id === id && resource.name === name,
  )
  return written === undefined ? read(name, id) : written.document
}

function shown(compiled: CompiledView, document: StoredDocument, { principal }: Done): KeptAnswer {
  const hidden = compiled.hiddenFrom(document.fields, principal)
  const headers = { ...json, etag: compiled.etag(document.version, hidden) }
  const shows = { resource: compiled.view.resource.name, id: document.id, hidden }
  return { status: 200, headers, body: compiled.serialize(document, undefined, hidden), shows }
}

/**
 * Whether a document that an answer once showed may be shown to the caller again: they may read it as it is now, and of it
 * every field that they were shown.
 *
 * @param now the document; `undefined` if it does not exist any more
 */
export const maySeeAgain = (
  compiled: CompiledView,
  { hidden }: ShownDocument,
  now: StoredDocument | undefined,
  principal: Principal | undefined,
): boolean =>
  now !== undefined &&
  satisfies(compiled.view.resource.audiences.read.of(principal), now.fields) &&
  compiled.hiddenFrom(now.fields, principal).every((field) => hidden.includes(field))

/** An answer without the document that it showed: it still says that the action is done, and what to purge. */
export function withoutDocument({ headers }: KeptAnswer): KeptAnswer {
  const purge = headers[names.purgeTag]
  return {
    ...nothing,
    headers: { ...nothing.headers, ...(purge !== undefined && { [names.purgeTag]: purge }) },
  }
}

const json = { 'content-type': jsonType, 'cache-control': 'no-store' }
const nothing: KeptAnswer = { status: 204, headers: { 'cache-control': 'no-store' }, body: '' }
