import type { Action, Principal } from '@spillway/origin/contract'
import build from 'fast-json-stringify'
import { jsonType } from '../http/json-body.ts'
import type { CompiledView } from '../resource/compiled-view.ts'
import { writingSchema } from '../resource/serializer.ts'
import type { KeptAnswer, Prepared } from '../store/commits.ts'
import type { StoredDocument } from '../store/repository.ts'

/**
 * Builds the answer before the writes are committed, so that a result that cannot be serialized fails while nothing has
 * happened.
 *
 * @param read the document of the path, as read
 */
export type MakeAnswer = (
  result: unknown,
  read: StoredDocument | undefined,
  done: { readonly writes: readonly Prepared[]; readonly principal: Principal | undefined },
) => KeptAnswer

export function compileAnswer(compiled: CompiledView, { output, target }: Action): MakeAnswer {
  if (output !== undefined) {
    // The builder's type lists each keyword; `writingSchema` returns only a subset of them.
    const write = build(writingSchema(output) as never)
    return (result) => ({ status: 200, headers: json, body: write(result as object) })
  }
  if (target === 'collection') return () => nothing
  return (_result, read, { writes, principal }) => {
    const written = writes.find(
      ({ record, isGuard, resource }) =>
        !isGuard && record._id === read?.id && resource.name === compiled.view.resource.name,
    )
    const document = written === undefined ? read : written.document
    if (document === undefined) return nothing
    const hidden = compiled.hiddenFrom(document.fields, principal)
    const headers = { ...json, etag: compiled.etag(document.version, hidden) }
    return { status: 200, headers, body: compiled.serialize(document, undefined, hidden) }
  }
}

const json = { 'content-type': jsonType, 'cache-control': 'no-store' }
const nothing: KeptAnswer = { status: 204, headers: { 'cache-control': 'no-store' }, body: '' }
