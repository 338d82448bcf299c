import type { Visibility } from './cache-policy.ts'
import type { Route } from './route.ts'

/**
 * Key of a stored answer: version and shape, resource, id or canonical query, and the subject if the answer belongs to
 * one subject. It contains every dimension by which the answer varies, and no other. An edge deployed with another
 * shape never finds its predecessor's answers.
 *
 * @param canonical canonical query of {@link ./query.ts}; for later pages the caller appends the cursor
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
