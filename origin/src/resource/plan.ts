import {
  allListsTag,
  claimValues,
  clientCacheControl,
  documentEtag,
  documentTag,
  edgeCacheControl,
  edgeCacheControlValue,
  type Fields,
  type Filter,
  formatRevision,
  headers,
  lifecycleHeaders,
  missingCacheControl,
  normalizeTimes,
  noSuchDocument,
  type Principal,
  type Problem,
  type Resource,
  revisionOf,
  revisionTag,
  tagsOfChangedLists,
  tagsOfList,
  uncertainEdgeCacheControl,
  type View,
} from '@spillway/origin/contract'
import { compileSerializer, type Serialize } from './serializer.ts'
import { compileValidator, type SchemaCompilers, type Validator } from './validator.ts'

/** Everything about a view that can be known before the first request. */
export interface Plan {
  readonly view: View
  /** `/v2/places` */
  readonly path: string
  readonly serialize: Serialize
  readonly validator: Validator
  /** Whether the resource has rules of its own on writes. */
  readonly hasRules: boolean
  /** Names how this version shows a document, as this process runs it. */
  readonly revision: string
  /** Headers of every answer: its revision, and announcements of the version's retirement, without its link. */
  readonly everyAnswer: Readonly<Record<string, string>>
  /** `Link` to the successor of a retired version. */
  readonly successorLink: string | undefined
  /** When the version is gone, in ms since the epoch. */
  readonly goneAtMs: number
  /** Cache headers of reads. */
  readonly caching: Readonly<Record<string, string>>
  /** Cache headers of reads that may not have seen the newest write. */
  readonly uncertainCaching: Readonly<Record<string, string>>
  /** Answer, with its cache headers, for a document that is not there or not for this reader. */
  missing(id: string): Problem
  /** A stored field as this version names it. */
  shownName(storedPath: string): string
  /** Entity tag of a document at this version of it. */
  etag(version: number): string
  /** Tag of all that is shown in this revision. */
  readonly revisionTag: string
  documentTag(id: string): string
  /** Tags of a list that asks for these, as `subject` is shown it. */
  listTags(filters: readonly Filter[], subject: string | undefined): readonly string[]
  /** Tags of the lists that are changed by a write of `subject`, from the stored fields before and after. */
  changedListTags(documents: readonly Fields[], subject: string | undefined): readonly string[]
  /** Tag of every list that `subject` is shown, for a write of which nobody knows what it has done. */
  allListsTag(subject: string | undefined): string
  /** A checked body → what is stored. A new document is its creator's, and of the creator's tenant. */
  toStored(input: Fields, current: Fields | undefined, principal: Principal | undefined): Fields
}

/** @param startedAtMs when this process began to show documents like this, milliseconds since the epoch */
export function compilePlan(view: View, compilers: SchemaCompilers, startedAtMs: number): Plan {
  const { resource, version, representation } = view
  const announced = lifecycleHeaders(view)
  const { name } = resource
  const revision = revisionOf(representation)
  const { sunsetAt } = representation.deprecation ?? {}
  return {
    view,
    path: `/${version}/${name}`,
    serialize: compileSerializer(view),
    validator: compileValidator(compilers, view),
    hasRules: Object.keys(resource.rules.set).length > 0 || resource.rules.check !== undefined,
    revision,
    everyAnswer: {
      ...Object.fromEntries(announced.filter(([header]) => header !== 'link')),
      [headers.revision]: formatRevision({ revision, sinceMs: startedAtMs }),
    },
    successorLink: announced.find(([header]) => header === 'link')?.[1],
    goneAtMs: sunsetAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(sunsetAt),
    caching: {
      'cache-control': clientCacheControl(resource.cache),
      [edgeCacheControl]: edgeCacheControlValue(resource.cache),
    },
    uncertainCaching: {
      'cache-control': clientCacheControl(resource.cache),
      [edgeCacheControl]: uncertainEdgeCacheControl(resource.cache),
    },
    missing: (id) =>
      resource.cache.kind === 'none'
        ? noSuchDocument
        : {
            ...noSuchDocument,
            headers: {
              [edgeCacheControl]: missingCacheControl,
              [headers.cacheTag]: documentTag(name, id),
            },
          },
    shownName: (storedPath) =>
      Object.entries(representation.paths).find(([, path]) => path === storedPath)?.[0] ?? storedPath,
    etag: (version) => documentEtag(version, revision),
    revisionTag: revisionTag(name, version, revision),
    documentTag: (id) => documentTag(name, id),
    listTags: (filters, subject) => tagsOfList(resource, filters, subject),
    changedListTags: (documents, subject) => tagsOfChangedLists(resource, documents, subject),
    allListsTag: (subject) => allListsTag(resource, subject),
    toStored(input, current, principal) {
      const stored = normalizeTimes(resource.schema, representation.toStored(input, current))
      const { ownerField: owner } = resource
      if (owner === undefined && resource.tenants.size === 0) return stored
      // Whatever a representation makes of it: the owner is the subject of the token, and stays it.
      const owned = owner && { [owner]: current === undefined ? principal?.subject : current[owner] }
      return { ...(current === undefined && tenantsOf(resource, principal)), ...stored, ...owned }
    },
  }
}

/** Values of tenant fields that the token leaves no choice about. */
function tenantsOf({ tenants }: Resource, principal: Principal | undefined): Fields {
  const fields: Record<string, unknown> = {}
  for (const [field, claim] of tenants) {
    const [value, ...others] = principal === undefined ? [] : claimValues(principal, claim)
    if (value !== undefined && others.length === 0) fields[field] = value
  }
  return fields
}

/** Tags whose stored answers a write has made obsolete. */
export const purgeTags = (...tags: readonly string[]): Readonly<Record<string, string>> => ({
  [headers.purgeTag]: tags.join(','),
})
