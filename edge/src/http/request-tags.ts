import { allListsTag, documentTag, type Route, tagsOfQuery } from '@spillway/origin/contract'

/**
 * Tags to purge when the answer to a write never came: the document's, since the write may have happened, and those of
 * all lists, since the new values are unknown. For an action, also the lists of every resource that it may write.
 */
export function presumedTags(
  { resource, id, action }: Route,
  subject: string | undefined,
): readonly string[] {
  const written = action?.writes.filter(({ name }) => name !== resource.name) ?? []
  const lists = [resource, ...written].map((one) => allListsTag(one, subject))
  return id === undefined ? lists : [documentTag(resource.name, id), ...lists]
}

/** Tags that the answer to a read will carry, as far as the request tells. */
export function readTags({ resource, id, query }: Route, subject: string | undefined): readonly string[] {
  if (query !== undefined) return tagsOfQuery(query, subject)
  return [id === undefined ? allListsTag(resource, subject) : documentTag(resource.name, id)]
}
