import type { Residual } from './access.ts'
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
 * The residual of the read rule for the caller narrows a list like a filter. Each of its alternatives has such a field, or
 * the list counts as unfiltered: every document of the list satisfies one of them, so a write that may change the list
 * purges the tags of that one.
 *
 * A filter within `or` does not hold for all documents of the list, so it yields no tag.
 *
 * All lists of one owner share one tag: a write of that owner drops only a few lists.
 *
 * @param residual what the list is narrowed to for its caller; `undefined`: nothing
 */
export function tagsOfList(
  resource: Pick<Resource, 'name' | 'cache' | 'listOwnerField'>,
  filters: readonly Filter[],
  subject: string | undefined,
  residual: Residual | undefined,
): readonly string[] {
  const all = allListsTag(resource, subject)
  const fields = listsBy(resource)
  if (fields.length === 0) return [all]
  const tags =
    tagsOfFilters(resource.name, fields, filters) ?? tagsOfAlternatives(resource.name, fields, residual)
  return [all, ...(tags ?? [byNoValue(resource.name)])]
}

/** Tags of the first field that a filter narrows to few values; `undefined`: there is none. */
function tagsOfFilters(
  name: string,
  fields: readonly string[],
  filters: readonly Filter[],
): readonly string[] | undefined {
  for (const field of fields) {
    for (const { path, operator, value } of filters) {
      if (path !== field) continue
      const values = operators[operator].onlyValues?.(value)
      if (values !== undefined && values.length <= valuesMax)
        return values.map((one) => valueTag(name, field, one))
    }
  }
  return undefined
}

/** Tags of all alternatives of a residual; `undefined` if one of them has none of the fields. */
function tagsOfAlternatives(
  name: string,
  fields: readonly string[],
  residual: Residual | undefined,
): readonly string[] | undefined {
  if (residual === undefined || residual.alternatives.length === 0) return undefined
  const tags = new Set<string>()
  for (const conditions of residual.alternatives) {
    const [condition] = fields.flatMap((field) => conditions.filter((one) => one.field === field))
    if (condition === undefined) return undefined
    for (const value of condition.values) tags.add(valueTag(name, condition.field, value))
  }
  return tags.size > valuesMax ? undefined : [...tags]
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
