import { type Alternative, type Audience, type HiddenFields, readsDocument, residualAmong } from './access.ts'
import type { Visibility } from './cache-policy.ts'
import { type Expansion, expandedAudience, isExpandedAlike } from './expand.ts'
import type { Principal } from './principal.ts'
import type { Resource } from './resource.ts'
import type { Route } from './route.ts'

/**
 * Key of a stored answer: version and shape, resource, id or canonical query, and the audience if there
 * are several. It contains every dimension by which the answer varies, and no other. An edge deployed with another
 * shape never finds its predecessor's answers.
 *
 * @param audience of the caller: {@link audienceOf}
 * @param canonical canonical query of {@link ./query.ts}; for later pages the caller appends the cursor
 * @param expand references whose documents the answer shows
 */
export function cacheKey(
  route: Pick<Route, 'version' | 'resource' | 'representation' | 'id'>,
  canonical: string,
  audience: string | undefined,
  expand: readonly Expansion[] = [],
): string {
  const { audiences, cache, name, fieldAccess } = route.resource
  const target = targetOf(route, canonical, expand)
  const visibility: Visibility | undefined = cache.kind === 'stored' ? cache.visibility : undefined
  const isOfSeveral = fieldAccess.hidesSome || !isExpandedAlike(expand)
  if (visibility !== 'subject' && visibility !== 'residual' && !isOfSeveral) return target
  if (audience === undefined) throw new TypeError(`a stored answer of '${name}' needs a subject in its key`)
  // Each mark has a form of its own, so a subject cannot pass for a residual, and neither can pass for an audience of
  // several parts, whatever rule was deployed before this one.
  const mark = isOfSeveral ? '+' : visibility !== 'subject' ? '=' : audiences.read.isOfClaims ? '&' : '~'
  return `/${mark}${encodeURIComponent(audience)}${target}`
}

/** Version, shapes, resource, and id or query: everything in a key but the audience. */
function targetOf(
  { version, resource, representation, id }: Pick<Route, 'version' | 'resource' | 'representation' | 'id'>,
  canonical: string,
  expand: readonly Expansion[],
): string {
  const shapes = [representation.shape, ...expand.map(({ target }) => target.representation.shape)]
  const view = `/${version}.${shapes.join('.')}/${resource.name}`
  const path = id === undefined ? view : `${view}/${id}`
  return canonical === '' ? path : `${path}?${canonical}`
}

/**
 * Audience of what a caller is shown of a resource, of the fields of its documents, and of the documents that are
 * expanded; `undefined` where it is the same for all who may ask.
 *
 * @param given conditions that a list's filters require: callers who may read all of these documents share the list.
 *   Not used with field rules, by which callers of different residuals may filter by different fields
 */
export function audienceOf(
  { cache, audiences, fieldAccess }: Pick<Resource, 'cache' | 'audiences' | 'fieldAccess'>,
  principal: Principal | undefined,
  expand: readonly Expansion[] = [],
  given: Alternative = [],
): string | undefined {
  if (cache.kind === 'none') return undefined
  const residual = audiences.read.of(principal)
  const own =
    cache.visibility === 'subject'
      ? ownedBy(principal, audiences.read)
      : cache.visibility === 'residual'
        ? (fieldAccess.guardsSome ? residual : residualAmong(residual, given)).text
        : undefined
  // JSON keeps the parts apart, whatever texts they are.
  if (!fieldAccess.hidesSome && isExpandedAlike(expand)) return own
  const ofFields = fieldAccess.hidesSome ? [fieldAccess.audienceOf(principal)] : []
  return JSON.stringify([[own, ...ofFields], ...expandedAudience(expand, principal)])
}

/** A subject with several tokens has answers for each residual: claims may open documents to one token alone. */
function ownedBy(principal: Principal | undefined, audience: Audience): string | undefined {
  if (principal === undefined || !audience.isOfClaims) return principal?.subject
  return JSON.stringify([principal.subject, audience.of(principal).text])
}

/**
 * Whether a document is stored as one copy for all callers who are shown the same fields, with its rule attributes, and
 * the edge decides the rules for each of them (decision 29). Not where the document is its owner's alone: it has one
 * reader.
 */
export function isOneCopy({ operation, resource }: Pick<Route, 'operation' | 'resource'>): boolean {
  const { access, cache, fieldAccess } = resource
  return (
    operation === 'read' &&
    cache.kind === 'stored' &&
    cache.visibility === 'residual' &&
    (readsDocument(access.read) || fieldAccess.hidesByDocument)
  )
}

/**
 * Key of a document's copy without some fields.
 *
 * @param audience of the copy: {@link copyAudienceOf}
 */
export const copyKey = (
  route: Pick<Route, 'version' | 'resource' | 'representation' | 'id'>,
  canonical: string,
  audience: string | undefined,
  expand: readonly Expansion[] = [],
): string => `/*${encodeURIComponent(audience ?? '')}${targetOf(route, canonical, expand)}`

/**
 * Audience of a copy: the fields that it lacks, and the audience of the documents that are expanded; `undefined` where
 * it is the same for all callers.
 */
export const copyAudienceOf = (
  hidden: HiddenFields,
  principal: Principal | undefined,
  expand: readonly Expansion[] = [],
): string | undefined =>
  hidden.length === 0 && isExpandedAlike(expand)
    ? undefined
    : JSON.stringify([hidden, ...expandedAudience(expand, principal)])
