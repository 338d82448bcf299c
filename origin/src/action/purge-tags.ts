import { documentTag, type Fields, tagsOfChangedLists } from '@spillway/origin/contract'
import type { Prepared } from '../store/commits.ts'

/** Tags of everything at the edge that shows what these writes change. */
export function tagsOfWrites(writes: readonly Prepared[], subject: string | undefined): readonly string[] {
  const tags = new Set<string>()
  for (const { resource, record, before, document, isGuard } of writes) {
    if (isGuard) continue
    tags.add(documentTag(resource.name, record._id))
    const states = [before, document?.fields].filter((fields): fields is Fields => fields !== undefined)
    // Lists that are a person's own are the document's owner's, whoever acts.
    const { listOwnerField } = resource
    const subjects = new Set(
      listOwnerField === undefined ? [subject] : states.map((fields) => String(fields[listOwnerField])),
    )
    for (const one of subjects) for (const tag of tagsOfChangedLists(resource, states, one)) tags.add(tag)
  }
  return [...tags]
}
