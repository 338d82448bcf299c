import { listTag } from './cache-policy.ts'
import type { CursorValue } from './cursor.ts'
import type { Fields } from './definition.ts'
import { type Filter, operators } from './operators/index.ts'
import { valuesAt } from './path.ts'
import type { Resource } from './resource.ts'

/**
 * Cache tags of the lists that a write may have changed. A list with the filter `countryCode=FR` shows only documents
 * with that value, so only a write of such a document, before or after, can change it. For the fields in
 * `cache.listsBy`, a list has a tag for the value in its filter, and a write purges the tags of the document's values
 * before and after it. In addition:
 * - lists without such a filter share one tag, which every write purges;
 * - all lists have the resource's own tag ({@link listTag}), for writes with unknown effect.
 *
 * A list has a tag only for the first of these fields, in order of declaration: one purged tag is enough.
 *
 * A filter within `or` does not hold for all documents of the list, so it yields no tag.
 *
 * All lists of one owner share one tag: a write of that owner drops only a few lists.
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
 * Cache tags of the lists that a write may have changed.
 *
 * @param documents stored fields before and after the write or writes
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
      // A document without a value matches no filter for one. The cast is safe: filters compare only scalars.
      for (const value of valuesAt(document, field))
        tags.add(valueTag(resource.name, field, value as CursorValue))
    }
  }
  // Many values are purged by the tag of all lists, which costs as little as one write.
  return tags.size > changedTagsMax ? [all] : [...tags]
}

/** Cache tag of all lists shown to a subject: purged if the effect of a write is unknown. */
export const allListsTag = (
  { name, listOwnerField }: Pick<Resource, 'name' | 'listOwnerField'>,
  subject: string | undefined,
): string => listTag(name, listOwnerField === undefined ? undefined : subject)

/**
 * Maximum filter values with a tag each: tags are looked up one by one, so lists with more values count as unfiltered.
 */
const valuesMax = 8
const changedTagsMax = 16

const listsBy = ({ cache, listOwnerField }: Pick<Resource, 'cache' | 'listOwnerField'>): readonly string[] =>
  cache.kind === 'none' || listOwnerField !== undefined ? [] : cache.listsBy

const byNoValue = (resourceName: string): string => `${listTag(resourceName)}:=`

/**
 * A printable tag without a comma. Long values are cut: values with the same beginning share a tag, and are purged
 * together.
 */
const valueTag = (resourceName: string, field: string, value: CursorValue): string =>
  `${listTag(resourceName)}:${field}=${encodeURIComponent(String(value).slice(0, valueLengthMax).toWellFormed())}`

const valueLengthMax = 64
