import type { StoredDocument, Unchanged } from '../store/repository.ts'

/**
 * Merges requirements, one per document. Of two reads of one document the earlier one counts, and it is locked if
 * either is. The commit detects changes between the two reads.
 */
export function mergeRequired(required: readonly Unchanged[]): readonly Unchanged[] {
  const merged = new Map<string, Unchanged>()
  for (const one of required) {
    const name = documentName(one)
    const other = merged.get(name)
    merged.set(name, other === undefined ? one : earlier(other, one))
  }
  return [...merged.values()]
}

export const documentName = ({ resource, current }: Pick<Unchanged, 'resource' | 'current'>): string =>
  `${resource.name}/${current.id}`

/** The same requirement, with the other one's lock. */
export function earlier<One extends Unchanged>(one: One, other: Unchanged): One {
  const isLocked = one.isLocked === true || other.isLocked === true
  return { ...one, isLocked, current: isBefore(other.current, one.current) ? other.current : one.current }
}

const isBefore = (one: StoredDocument, other: StoredDocument): boolean =>
  one.version === other.version
    ? (one.bookkeeping.held ?? 0) < (other.bookkeeping.held ?? 0)
    : one.version < other.version
