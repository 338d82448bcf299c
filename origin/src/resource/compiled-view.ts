import {
  allListsTag,
  attributesOf,
  type CacheRule,
  claimValues,
  clientCacheControl,
  documentEtag,
  documentTag,
  edgeCacheControl,
  edgeCacheControlValue,
  type Fields,
  type Filter,
  formatRevision,
  formatRuleAttributes,
  type HiddenFields,
  headers,
  isOneCopy,
  lifecycleHeaders,
  missingCacheControl,
  normalizeTimes,
  noSuchDocument,
  type Principal,
  type Problem,
  type Resource,
  revisionOf,
  revisionTag,
  revisionWithout,
  tagsOfChangedLists,
  tagsOfList,
  uncertainEdgeCacheControl,
  type View,
} from '@spillway/origin/contract'
import { compileSerializer, type Serialize } from './serializer.ts'
import { compileValidator, type SchemaCompilers, type Validator } from './validator.ts'

/** Everything about a view that is computed before the first request. */
export interface CompiledView {
  readonly view: View
  /** `/v2/places` */
  readonly path: string
  readonly serialize: Serialize
  readonly validator: Validator
  /** Whether the resource has write rules of its own. */
  readonly hasRules: boolean
  /** Digest of how this version shows a document; it changes with the representation. */
  readonly revision: string
  /** Headers of every answer: the revision, and Deprecation and Sunset of a deprecated version; its `Link` is apart. */
  readonly everyAnswer: Readonly<Record<string, string>>
  /** `Link` to the successor of a deprecated version. */
  readonly successorLink: string | undefined
  /** Sunset of the version, in ms since the epoch; infinity if it has none. */
  readonly goneAtMs: number
  /** Cache headers of a read. */
  readonly caching: CachingHeaders
  /** The 404, with cache headers, for a document that does not exist or that the caller may not read. */
  missing(id: string): Problem
  /** Name of a stored field in this version. */
  shownName(storedPath: string): string
  /** Stored fields of a document that the caller may not read. */
  hiddenFrom(fields: Fields, principal: Principal | undefined): HiddenFields
  /** Digest of the representation without these fields. */
  revisionWithout(hidden: HiddenFields): string
  /** Entity tag of a document without these fields, from its version number and this revision. */
  etag(version: number, hidden: HiddenFields): string
  /**
   * Header with the attributes by which the edge decides who is shown an answer without these fields; `undefined` where it
   * does not, or where they are too long.
   */
  ruleAttributes(fields: Fields, hidden: HiddenFields): string | undefined
  /** Cache tag of all answers of this revision. */
  readonly revisionTag: string
  documentTag(id: string): string
  /** Cache tags of a list with these filters, as shown to a caller. */
  listTags(filters: readonly Filter[], principal: Principal | undefined): readonly string[]
  /** Cache tags of the lists that a write by `subject` changes, from the stored fields before and after. */
  changedListTags(documents: readonly Fields[], subject: string | undefined): readonly string[]
  /** Cache tag of all lists shown to `subject`, for a write with unknown effect. */
  allListsTag(subject: string | undefined): string
  /** Converts checked input to stored fields. A new document belongs to its creator, and to the creator's tenant. */
  toStored(input: Fields, current: Fields | undefined, principal: Principal | undefined): Fields
}

/** Cache headers of an answer. */
export interface CachingHeaders {
  readonly certain: Readonly<Record<string, string>>
  /** Headers of an answer that may have missed the newest write. */
  readonly uncertain: Readonly<Record<string, string>>
}

export const cachingHeaders = (rule: CacheRule): CachingHeaders => ({
  certain: {
    'cache-control': clientCacheControl(rule),
    [edgeCacheControl]: edgeCacheControlValue(rule),
  },
  uncertain: {
    'cache-control': clientCacheControl(rule),
    [edgeCacheControl]: uncertainEdgeCacheControl(rule),
  },
})

/** @param startedAtMs start of this process's representation, in ms since the epoch */
export function compileView(view: View, compilers: SchemaCompilers, startedAtMs: number): CompiledView {
  const { resource, version, representation } = view
  const announced = lifecycleHeaders(view)
  const { name } = resource
  const revision = revisionOf(representation)
  const { fieldAccess } = resource
  const attributes = attributesOf(resource.access.read, fieldAccess.rules)
  const { sunsetAt } = representation.deprecation ?? {}
  // perf: there are few combinations of hidden fields, each with its digest.
  const revisions = new Map<HiddenFields, string>()
  const shownRevision = (hidden: HiddenFields): string => {
    const known = revisions.get(hidden) ?? revisionWithout(revision, hidden)
    revisions.set(hidden, known)
    return known
  }
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
    caching: cachingHeaders(resource.cache),
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
    hiddenFrom: (fields, principal) => fieldAccess.hiddenFrom(principal, fields),
    revisionWithout: shownRevision,
    etag: (version, hidden) => documentEtag(version, shownRevision(hidden)),
    ruleAttributes: isOneCopy({ operation: 'read', resource })
      ? (fields, hidden) =>
          formatRuleAttributes(attributes, fields, fieldAccess.hidesSome ? hidden : undefined)
      : () => undefined,
    revisionTag: revisionTag(name, version, revision),
    documentTag: (id) => documentTag(name, id),
    listTags: (filters, principal) =>
      tagsOfList(resource, filters, principal?.subject, resource.audiences.read.of(principal)),
    changedListTags: (documents, subject) => tagsOfChangedLists(resource, documents, subject),
    allListsTag: (subject) => allListsTag(resource, subject),
    toStored(input, current, principal) {
      const stored = normalizeTimes(resource.schema, representation.toStored(input, current))
      const { ownerField: owner } = resource
      if (owner === undefined && resource.tenants.size === 0) return stored
      // Overrides the representation: the owner is the token's subject, and never changes.
      const owned = owner && { [owner]: current === undefined ? principal?.subject : current[owner] }
      return { ...(current === undefined && tenantsOf(resource, principal)), ...stored, ...owned }
    },
  }
}

/** Tenant fields that have only one possible value with this token. */
function tenantsOf({ tenants }: Resource, principal: Principal | undefined): Fields {
  const fields: Record<string, unknown> = {}
  for (const [field, claim] of tenants) {
    const [value, ...others] = principal === undefined ? [] : claimValues(principal, claim)
    if (value !== undefined && others.length === 0) fields[field] = value
  }
  return fields
}

/** Purge header with the tags whose stored answers a write has made obsolete. */
export const purgeTags = (...tags: readonly string[]): Readonly<Record<string, string>> => ({
  [headers.purgeTag]: tags.join(','),
})
