import { allowsAll, type Principal, satisfies } from '@spillway/origin/contract'
import type { CompiledView } from '../resource/compiled-view.ts'
import { shownNames } from '../resource/shown-names.ts'
import type { Change } from '../store/change-log.ts'
import type { StoredDocument } from '../store/repository.ts'

/**
 * JSON of a change as a reader may see it now; `undefined` if it is hidden from them.
 *
 * The read rule judges the document as it is now, not as it was at the time of the change. A reader who may read it sees
 * the change and the document, without the fields that are hidden from them. A reader who may not, but could before the
 * write, sees `deleted` and the id alone, as for a deleted document: a read is answered 404 in both cases. All others see
 * nothing.
 *
 * The log has the values before a write of the fields that the read rule compares, where the write deleted the document or
 * changed one of them ({@link ../store/published.ts}).
 */
export function visibleChange(
  compiled: CompiledView,
  change: Change,
  document: StoredDocument | undefined,
  principal: Principal | undefined,
): string | undefined {
  const residual = compiled.view.resource.audiences.read.of(principal)
  const { type, was } = change
  if (type !== 'deleted' && document !== undefined && satisfies(residual, document.fields)) {
    return changeWith(compiled, change, document, principal)
  }
  const couldRead = was === undefined ? type === 'deleted' && allowsAll(residual) : satisfies(residual, was)
  return couldRead ? JSON.stringify({ ...headOf(change), type: 'deleted' }) : undefined
}

const headOf = ({ _id, document, at }: Change) => ({ position: String(_id), id: document, at })

function changeWith(
  compiled: CompiledView,
  change: Change,
  document: StoredDocument,
  principal: Principal | undefined,
): string {
  const hidden = compiled.hiddenFrom(document.fields, principal)
  const head = JSON.stringify({
    ...headOf(change),
    type: change.type,
    version: change.version,
    ...(change.changed !== undefined && {
      changed: shownNames(compiled.view.representation, change.changed, hidden),
    }),
    etag: compiled.etag(document.version, hidden),
  })
  return `${head.slice(0, -1)},"document":${compiled.serialize(document, undefined, hidden)}}`
}
