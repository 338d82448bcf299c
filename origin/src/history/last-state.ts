import type { Fields, Resource } from '@spillway/origin/contract'
import type { HistoryLog } from '../store/history-log.ts'
import { placeOf } from '../store/history-log.ts'
import type { Call, NotDone, Repository, StoredDocument } from '../store/repository.ts'

/** A document as it is, or as it was before it was deleted. */
export interface LastState {
  /** Fields of a document that is gone for good: those alone that decide who may read. */
  readonly fields: Fields
  /** Time of its creation, RFC 3339. */
  readonly born: string
  readonly document: StoredDocument
}

export interface LastStateOptions {
  readonly repository: Pick<Repository, 'readKept'>
  readonly history: Pick<HistoryLog, 'newest'>
}

/**
 * Finds the state by which the readers of a history are judged. Of a document that is gone for good, the last record has
 * what the rules compare.
 *
 * @returns `notFound` where there is neither a document nor a record
 * @throws the database's errors
 */
export async function lastState(
  { repository, history }: LastStateOptions,
  resource: Resource,
  id: string,
  call: Call,
): Promise<LastState | { readonly kind: 'notFound' } | NotDone> {
  const found = await repository.readKept(resource, id, call)
  if (found.kind === 'notDone') return found
  if (found.kind === 'found') {
    const { document } = found
    return { fields: document.fields, born: document.createdAt, document }
  }
  const newest = await history.newest(resource.name, id, call.deadline - performance.now())
  if (newest === undefined) return { kind: 'notFound' }
  const { born } = placeOf(newest)
  const { attributes: fields = {}, version, at } = newest
  const document = { id, version, createdAt: born, updatedAt: at, fields, bookkeeping: { writes: [] } }
  return { fields, born, document }
}
