import { documentTag, type Fields, tagsOfChangedLists } from '@spillway/origin/contract'
import type { Prepared } from '../store/commit.ts'

/** Cache tags of all answers that show what these writes change. */
export function tagsOfWrites(writes: readonly Prepared[], subject: string | undefined): readonly string[] {
  const tags = new Set<string>()
  for (const { resource, record, before, document, isGuard } of writes) {
    if (isGuard) continue
    tags.add(documentTag(resource.name, record._id))
    const states = [before, document?.fields].filter((fields): fields is Fields => fields !== undefined)
    // Lists of owned documents belong to the document's owner, even if another caller performs the action.
    const { listOwnerField } = resource
    const subjects = new Set(
      listOwnerField === undefined ? [subject] : states.map((fields) => String(fields[listOwnerField])),
    )
    for (const one of subjects) for (const tag of tagsOfChangedLists(resource, states, one)) tags.add(tag)
  }
  return [...tags]
}
