import {
  type AccessRule,
  accessRuleOf,
  type Catalogue,
  cacheKey,
  conditionsOf,
  copyKey,
  deadline,
  type Expansion,
  exportFormatOf,
  feedName,
  historyName,
  isExpandedAlike,
  isOneCopy,
  isPublic,
  isRead,
  joinedCacheRule,
  type ListQuery,
  lifecycleStage,
  matchRoute,
  methodNotAllowed,
  type Operation,
  type Parsed,
  type Problem,
  parseExportQuery,
  parseFeedQuery,
  parseHistoryQuery,
  parseListQuery,
  parseQueryParameters,
  parseReadQuery,
  parseWriteQuery,
  publicPaths,
  purgeCall,
  type Route,
  versionGone,
} from '@spillway/origin/contract'
import type { ExportPlan, InvalidPlan, RefusedPlan, RequestPlan } from './request-plan.ts'

/**
 * Accepts segments without a leading dot and without escapes, so that no URL parser can turn them into another path.
 */
const pagePath = /^\/(?:openapi\.json|docs\/?|(?:docs|problems)(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+)$/
const pageMethods = ['GET', 'HEAD', 'OPTIONS']

/** Plans a request by the contract alone. */
export function planRequest(
  catalogue: Catalogue,
  method: string,
  target: string,
  nowMs: number,
): RequestPlan {
  const split = target.indexOf('?')
  const pathname = split === -1 ? target : target.slice(0, split)
  const search = split === -1 ? '' : target.slice(split)
  if (pagePath.test(pathname)) return planPage(method, pathname)
  const match = matchRoute(catalogue, method, pathname)
  switch (match.kind) {
    case 'notFound': {
      const problem: Problem = { code: 'not-found', detail: match.detail }
      if (pathname === purgeCall.path && method === 'POST')
        return { kind: 'purge', problem, pattern: purgeCall.path }
      return { kind: 'unmatched', problem, pattern: undefined }
    }
    case 'options':
      return { kind: 'options', allow: match.allow }
    case 'methodNotAllowed':
      return refused(methodNotAllowed(match.allow))
    default: {
      const { route } = match
      const gone = retired(route, nowMs)
      if (gone !== undefined) return gone
      if (route.operation === 'changes') return planFeed(route, search)
      if (route.operation === 'history') return planHistory(route, search)
      return isRead(route.operation) ? planRead(route, search) : planWrite(route, pathname, search)
    }
  }
}

function planPage(method: string, pathname: string): RequestPlan {
  if (method === 'OPTIONS') return { kind: 'options', allow: pageMethods }
  if (method !== 'GET' && method !== 'HEAD') return refused(methodNotAllowed(pageMethods))
  const [, root = ''] = pathname.split('/')
  const pattern = `/${root}` === publicPaths.openapi ? publicPaths.openapi : `/${root}/*`
  return { kind: 'page', target: pathname, pattern, priority: 'background' }
}

function planRead(route: Route, search: string): RequestPlan {
  const parsed = parseRead(route, search)
  if (!parsed.ok) return invalid(route, route.resource.access.read, parsed.problem)
  const { canonical } = parsed.value
  const path = pathOf(route)
  const { access, priority } = route.resource
  const { expand = [] } = parsed.value
  const isStored = joinedCacheRule(route.resource.cache, expand).kind === 'stored'
  return {
    kind: 'read',
    route,
    target: canonical === '' ? path : `${path}?${canonical}`,
    canonical,
    isOneCopy: isStored && isOneCopy(route),
    sharedKey: isStored ? sharedKeyOf(route, canonical, expand) : undefined,
    isStored,
    expand,
    given: conditionsOf(parsed.value.filters ?? []),
    isOpen: isPublic(access.read),
    access: access.read,
    priority,
    pattern: patternOf(route),
  }
}

/** Key of an answer that is stored once for all callers; `undefined` where it is not. */
function sharedKeyOf(route: Route, canonical: string, expand: readonly Expansion[]): string | undefined {
  const { resource } = route
  if (isOneCopy(route)) {
    const isShared = !resource.fieldAccess.hidesSome && isExpandedAlike(expand)
    return isShared ? copyKey(route, canonical, undefined, expand) : undefined
  }
  const isShared = isSharedByAll(resource) && isExpandedAlike(expand)
  return isShared ? cacheKey(route, canonical, undefined, expand) : undefined
}

type ReadQuery = Pick<ListQuery, 'canonical' | 'expand'> & Partial<Pick<ListQuery, 'filters'>>

function parseRead(route: Route, search: string): Parsed<ReadQuery> {
  if (route.query !== undefined) return parseQueryParameters(route.query, search)
  return route.operation === 'list' ? parseList(route, search) : parseReadQuery(route, search)
}

const isSharedByAll = ({ cache }: Route['resource']): boolean =>
  cache.kind === 'stored' && (cache.visibility === 'public' || cache.visibility === 'authorized')

function parseList(route: Route, search: string): Parsed<ReadQuery> {
  const parsed = parseListQuery(route, search)
  if (!parsed.ok || parsed.value.cursor === undefined) return parsed
  const { canonical, cursor } = parsed.value
  return { ok: true, value: { ...parsed.value, canonical: `${canonical}&cursor=${cursor}` } }
}

/**
 * The plan of the same request with this `Accept`: an export, where it asks for a list and names a format of it. perf:
 * separate from the plans that are cached by URL, since exports are rare.
 */
export function exportInstead(
  plan: RequestPlan,
  accept: string | null,
  search: string,
): ExportPlan | InvalidPlan | undefined {
  if (plan.kind !== 'read' && plan.kind !== 'invalid') return undefined
  const { route } = plan
  const rule = route.operation === 'list' ? route.resource.export : undefined
  const format = exportFormatOf(rule, accept)
  if (rule === undefined || format === undefined) return undefined
  const parsed = parseExportQuery(route, search)
  if (!parsed.ok) return invalid(route, rule.access, parsed.problem)
  const { limit, canonical } = parsed.value
  const query = canonical.split('&').filter((part) => part !== `limit=${limit}`)
  return {
    kind: 'export',
    route,
    format,
    target: `${pathOf(route)}?${query.join('&')}`,
    timeoutMs: rule.timeoutMs,
    isOpen: isPublic(rule.access),
    access: rule.access,
    priority: 'background',
    pattern: patternOf(route),
  }
}

function planFeed(route: Route, search: string): RequestPlan {
  const { access } = route.resource
  const parsed = parseFeedQuery(search)
  if (!parsed.ok) return invalid(route, access.read, parsed.problem)
  const { canonical, waitSeconds } = parsed.value
  return {
    kind: 'feed',
    route,
    target: `${pathOf(route)}/${feedName}?${canonical}`,
    waitSeconds,
    isOpen: isPublic(access.read),
    access: access.read,
    priority: 'background',
    pattern: patternOf(route),
  }
}

function planHistory(route: Route, search: string): RequestPlan {
  const access = accessRuleOf(route)
  const parsed = parseHistoryQuery(search)
  if (!parsed.ok) return invalid(route, access, parsed.problem)
  return {
    kind: 'history',
    route,
    target: `${pathOf(route)}/${historyName}?${parsed.value.canonical}`,
    isOpen: isPublic(access),
    access,
    priority: route.resource.priority,
    pattern: patternOf(route),
  }
}

function planWrite(route: Route, pathname: string, search: string): RequestPlan {
  const access = accessRuleOf(route)
  const parsed = parseWriteQuery(search)
  if (!parsed.ok) return invalid(route, access, parsed.problem)
  const { resource, action } = route
  return {
    kind: 'write',
    route,
    target: pathname,
    timeoutMs: action?.timeoutMs ?? deadline.budgetMs,
    isOpen: isPublic(access),
    access,
    priority: action?.priority ?? resource.priority,
    pattern: patternOf(route),
  }
}

/** Refuses reads of a retired version from its retirement date on, even if an answer is still stored. */
export function retired(route: Route, nowMs: number): RefusedPlan | undefined {
  if (route.representation.deprecation === undefined || lifecycleStage(route, nowMs) !== 'gone')
    return undefined
  const { successor } = route.representation.deprecation
  return refused(versionGone(route.resource.name, route.version, successor))
}

const invalid = (route: Route, access: AccessRule, problem: Problem): InvalidPlan => ({
  kind: 'invalid',
  route,
  problem,
  isOpen: isPublic(access),
  access,
  pattern: patternOf(route),
})

export const refused = (problem: Problem): RefusedPlan => ({ kind: 'refused', problem })

const pathOf = ({ version, resource, id }: Route): string =>
  id === undefined ? `/${version}/${resource.name}` : `/${version}/${resource.name}/${id}`

function patternOf({ version, resource, operation, action, id }: Route): string {
  const collection = `/${version}/${resource.name}`
  if (action !== undefined) return `${collection}${id === undefined ? '' : '/:id'}/${action.name}`

  const below: Partial<Record<Operation, string>> = {
    list: '',
    create: '',
    batchCreate: '/batch',
    changes: `/${feedName}`,
    history: `/:id/${historyName}`,
  }
  return `${collection}${below[operation] ?? '/:id'}`
}
