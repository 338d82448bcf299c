import { type Representation, storedPath } from '@spillway/origin/contract'

/** Names in a version of the changed stored fields that are not hidden. A field without a stored field has no name here. */
export const shownNames = (
  representation: Representation,
  changed: readonly string[],
  hidden: readonly string[],
): readonly string[] =>
  Object.keys(representation.schema.properties).filter((name) => {
    const [stored = ''] = storedPath(representation, name)?.split('.', 1) ?? []
    return changed.includes(stored) && !hidden.includes(stored)
  })
