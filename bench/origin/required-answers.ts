import { hash } from 'node:crypto'
import {
  clientCacheControl,
  documentTag,
  edgeCacheControl,
  edgeCacheControlValue,
  encodeCursor,
  formatRevision,
  headers,
  type ListQuery,
  outputSchema,
  parseListQuery,
  revisionOf,
  revisionTag,
  tagsOfChangedLists,
  tagsOfList,
} from '@spillway/origin/contract'
import { compileWriter } from '../../origin/src/resource/serializer.ts'
import { type StoredPlace, shownPlace } from '../peers/place.ts'
import { placesView } from './required-checks.ts'
import type { RequiredStep } from './required-steps.ts'

/** Header fields of an answer. */
export type Fields = Readonly<Record<string, string>>

/** A page that the callers of one list share. */
export interface Page {
  readonly body: string
  readonly etag: string
  readonly cursor: string | undefined
}

const { representation, resource, version } = placesView
const revision = revisionOf(representation)
const revised = revisionTag('places', version, revision)
const common: Fields = {
  [headers.load]: 'utilization=0.1, queue=0, shed=0',
  [headers.revision]: formatRevision({ revision, sinceMs: Date.now() }),
  'content-type': 'application/json; charset=utf-8',
}
const stored: Fields = {
  ...common,
  'cache-control': clientCacheControl(resource.cache),
  [edgeCacheControl]: edgeCacheControlValue(resource.cache),
}
const plain: Fields = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' }

/** Parses the query of a list once for each text. */
export const rememberedQueries = (): ((search: string) => ListQuery | undefined) => {
  const queries = new Map<string, ListQuery>()
  return (search) => {
    const known = queries.get(search)
    if (known !== undefined) return known
    const parsed = parseListQuery(placesView, search)
    if (parsed.ok) queries.set(search, parsed.value)
    return parsed.ok ? parsed.value : undefined
  }
}

/** Texts and fields of the required server's answers. */
export function answersOf(
  steps: ReadonlySet<RequiredStep>,
  queryOfSearch: (search: string) => ListQuery | undefined,
) {
  const queryOf = (country: string) => queryOfSearch(`countryCode=${country}&limit=20`)
  const hasFields = steps.has('fields')
  const compiled = compileWriter(outputSchema(representation))
  const write: (place: StoredPlace) => string = steps.has('serializer')
    ? (place) => compiled(shownPlace(place))
    : (place) => JSON.stringify(shownPlace(place))
  /** Tags of lists, by what is asked. */
  const listTags = new WeakMap<ListQuery, string>()
  const tagsOf = (query: ListQuery): string => {
    const known = listTags.get(query)
    if (known !== undefined) return known
    const residual = resource.audiences.read.of(undefined)
    const tags = [...tagsOfList(resource, query.filters, undefined, residual), revised].join(',')
    listTags.set(query, tags)
    return tags
  }
  return {
    write,
    pageOf: (places: readonly StoredPlace[]): Page => {
      const shown = hasFields ? places.slice(0, 20) : places
      const items = shown.map(write).join(',')
      const last = hasFields && places.length > 20 ? shown.at(-1) : undefined
      const query = last && queryOf(last.countryCode)
      const cursor = query && encodeCursor(placesView, query, [last.population, last._id])
      const body = `{"items":[${items}],"nextCursor":${cursor === undefined ? 'null' : `"${cursor}"`}}`
      return { body, etag: hasFields ? `"${hash('sha256', body, 'base64url').slice(0, 22)}"` : '""', cursor }
    },
    ofPage: (id: string, query: ListQuery | undefined, { etag, cursor }: Page): Fields => {
      if (!hasFields || query === undefined) return plain
      return {
        [headers.requestId]: id,
        ...stored,
        etag,
        [headers.cacheTag]: tagsOf(query),
        ...(cursor !== undefined && {
          link: `</v2/places?${query.canonical}&cursor=${cursor}>; rel="next"`,
        }),
      }
    },
    ofPlace: (id: string, place: StoredPlace): Fields => {
      const etag = `"${place.version}"`
      if (!hasFields) return { ...plain, etag }
      const tags = `${documentTag('places', place._id)},${revised}`
      return { [headers.requestId]: id, ...stored, etag, [headers.cacheTag]: tags }
    },
    ofWritten: (id: string, states: readonly StoredPlace[], location?: string): Fields => {
      const place = states.at(-1)
      const etag = `"${place?.version}"`
      if (!hasFields) return { ...plain, etag }
      // The cast is safe: a place is an object of named values.
      const lists = steps.has('key')
        ? tagsOfChangedLists(resource, states as readonly object[] as readonly Fields[], undefined)
        : []
      const purge = [documentTag('places', place?._id ?? ''), ...lists].join(',')
      return {
        [headers.requestId]: id,
        ...common,
        'cache-control': 'no-store',
        etag,
        [headers.purgeTag]: purge,
        ...(location !== undefined && { location }),
      }
    },
  }
}
