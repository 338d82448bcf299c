import type { CacheRule } from './cache-policy.ts'
import type { Catalogue } from './catalogue.ts'
import { tagsOfList } from './list-tags.ts'
import type { Query } from './named-query.ts'
import type { Resource } from './resource.ts'
import type { Route } from './route.ts'

/**
 * Tags of an answer that may depend on any document of the query's resources: every write to one of these resources
 * purges one of the tags.
 */
export const tagsOfQuery = ({ reads, readsAll }: Query, subject: string | undefined): readonly string[] =>
  // The cast is safe: the definition's check accepts only results of `resource()`.
  [...reads, ...readsAll].flatMap((one) => tagsOfList(one as Resource, [], subject, undefined))

/** Names of the resources whose documents a read contains. */
export const namesRead = ({ resource, query }: Pick<Route, 'resource' | 'query'>): readonly string[] =>
  query === undefined ? [resource.name] : [...query.reads, ...query.readsAll].map(({ name }) => name)

/** Cache rules of all answers with documents of a resource: its own, and those of the queries that read it. */
export const cacheRulesOf = (catalogue: Catalogue, name: string): readonly CacheRule[] => {
  const queries = [...catalogue.values()].flatMap((one) => [...one.queries.values()])
  const reading = queries.filter((query) =>
    [...query.reads, ...query.readsAll].some((one) => one.name === name),
  )
  const own = catalogue.get(name)?.cache
  return [...(own === undefined ? [] : [own]), ...reading.map(({ cache }) => cache)]
}
