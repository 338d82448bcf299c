import { listTag } from './cache-policy.ts'
import type { CursorValue } from './cursor.ts'
import type { Fields } from './definition.ts'
import { type Filter, operators } from './operators/index.ts'
import { valuesAt } from './path.ts'
import type { Resource } from './resource.ts'

/**
 * Tags of the lists that a write may have changed. A list that asks for `countryCode=FR` shows documents with that value
 * and no others, so only a write to one that has it, before or after, can change the list. For the fields that
 * `cache.listsBy` names, a list carries a tag by the value that it asks for, and a write purges the values of the document
 * before and after it. Beside that:
 * - lists that ask for no such value share a tag, which every write purges;
 * - all lists carry the resource's own ({@link listTag}), for writes of which nobody knows what they have done.
 *
 * A list carries the tags of the first of these fields alone, in the order in which they are declared: it is enough that
 * a write which may change it purges one of its tags.
 *
 * A filter among alternatives (`or`) says nothing about all documents of a list, so it yields no tag.
 *
 * Lists of one subject share one tag: a person's write drops that person's few lists.
 */
export function tagsOfList(
  resource: Pick<Resource, 'name' | 'cache' | 'listOwnerField'>,
  filters: readonly Filter[],
  subject: string | undefined,
): readonly string[] {
  const all = allListsTag(resource, subject)
  const fields = listsBy(resource)
  if (fields.length === 0) return [all]
  for (const field of fields) {
    for (const { path, operator, value } of filters) {
      if (path !== field) continue
      const values = operators[operator].onlyValues?.(value)
      if (values !== undefined && values.length <= valuesMax)
        return [all, ...values.map((one) => valueTag(resource.name, field, one))]
    }
  }
  return [all, byNoValue(resource.name)]
}

/**
 * Tags of the lists that may show other documents than before.
 *
 * @param documents stored fields before and after the write, or writes, where there are any
 */
export function tagsOfChangedLists(
  resource: Pick<Resource, 'name' | 'cache' | 'listOwnerField'>,
  documents: readonly Fields[],
  subject: string | undefined,
): readonly string[] {
  const fields = listsBy(resource)
  const all = allListsTag(resource, subject)
  if (fields.length === 0) return [all]
  const tags = new Set([byNoValue(resource.name)])
  for (const field of fields) {
    for (const document of documents) {
      // A document without a value is on no list that asks for one. The cast: the field is one that filters compare.
      for (const value of valuesAt(document, field))
        tags.add(valueTag(resource.name, field, value as CursorValue))
    }
  }
  // Many values at once: one tag says as much, and costs as little as one write.
  return tags.size > changedTagsMax ? [all] : [...tags]
}

/** Tag of all lists that a subject is shown: what to purge where nobody knows what a write has done. */
export const allListsTag = (
  { name, listOwnerField }: Pick<Resource, 'name' | 'listOwnerField'>,
  subject: string | undefined,
): string => listTag(name, listOwnerField === undefined ? undefined : subject)

/** An entry's tags are each looked up: a list that asks for more values is one of those that ask for none. */
const valuesMax = 8
const changedTagsMax = 16

const listsBy = ({ cache, listOwnerField }: Pick<Resource, 'cache' | 'listOwnerField'>): readonly string[] =>
  cache.kind === 'none' || listOwnerField !== undefined ? [] : cache.listsBy

const byNoValue = (resourceName: string): string => `${listTag(resourceName)}:=`

/**
 * Printable and without a comma, as a list of tags needs it. Cut where it is long: two values with one beginning share a
 * tag, and a purge takes both.
 */
const valueTag = (resourceName: string, field: string, value: CursorValue): string =>
  `${listTag(resourceName)}:${field}=${encodeURIComponent(String(value).slice(0, valueLengthMax).toWellFormed())}`

const valueLengthMax = 64
