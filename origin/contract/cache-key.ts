import type { Visibility } from './cache-policy.ts'
import type { Route } from './route.ts'

/**
 * Key of a stored answer, built from every dimension that the answer varies by and from nothing else: version and shape,
 * resource, id or canonical query, and the subject where the answer is one subject's own. An edge that was deployed with
 * another shape finds nothing that its predecessor has stored.
 *
 * @param canonical canonical query of {@link ./query.ts}, with the cursor appended by the caller of a later page
 */
export function cacheKey(
  route: Pick<Route, 'version' | 'resource' | 'representation' | 'id'>,
  canonical: string,
  subject: string | undefined,
): string {
  const { cache, name } = route.resource
  const view = `/${route.version}.${route.representation.shape}/${name}`
  const path = route.id === undefined ? view : `${view}/${route.id}`
  const query = canonical === '' ? '' : `?${canonical}`
  const visibility: Visibility | undefined = cache.kind === 'stored' ? cache.visibility : undefined
  if (visibility !== 'subject') return path + query
  if (subject === undefined) throw new TypeError(`a stored answer of '${name}' needs a subject in its key`)
  return `/~${encodeURIComponent(subject)}${path}${query}`
}
