import {
  type AccessRule,
  type Alternative,
  accessRuleOf,
  type Catalogue,
  cacheKey,
  conditionsOf,
  copyKey,
  deadline,
  type Expansion,
  type ExportFormat,
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
  type Operation,
  type Parsed,
  type Priority,
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
} from '@spillway/origin/contract'
import { Doorkeeper } from '../lib/doorkeeper.ts'
import { SieveMap } from '../lib/sieve-map.ts'
import { pathAndSearch, urlProblem } from './request-headers.ts'

/** A read of a resource: its target, its cache key and its access rule. */
export interface ReadPlan {
  readonly kind: 'read'
  readonly route: Route
  /** Canonical path and query for the origin. */
  readonly target: string
  /** Canonical query with the cursor, if any: the input of {@link cacheKey}. */
  readonly canonical: string
  /** Whether the answer is stored once, and each caller's right to it is decided by its rule attributes. */
  readonly isOneCopy: boolean
  /** Cache key shared by all callers; `undefined` when each audience has its own key or nothing is stored. */
  readonly sharedKey: string | undefined
  readonly isStored: boolean
  /** References whose documents the answer shows. */
  readonly expand: readonly Expansion[]
  /** Conditions that the documents of a list satisfy by its filters. */
  readonly given: Alternative
  readonly isOpen: boolean
  readonly access: AccessRule
  readonly priority: Priority
  /** For logs: `/v1/places/:id`, without ids and query values. */
  readonly pattern: string
}

/** Any request that may change a document. It is never stored, and its body is forwarded unparsed. */
export interface WritePlan {
  readonly kind: 'write'
  readonly route: Route
  readonly target: string
  /** Time budget: an action may have more than other requests. */
  readonly timeoutMs: number
  readonly isOpen: boolean
  readonly access: AccessRule
  readonly priority: Priority
  readonly pattern: string
}

/** A whole list in a format that `Accept` names. It is never stored. */
export interface ExportPlan {
  readonly kind: 'export'
  readonly route: Route
  readonly format: ExportFormat
  readonly target: string
  /** Longest time that it may take, in ms. */
  readonly timeoutMs: number
  readonly isOpen: boolean
  readonly access: AccessRule
  readonly priority: Priority
  readonly pattern: string
}

/** The changes of a resource, as a page or a stream. Never stored. */
export interface FeedPlan {
  readonly kind: 'feed'
  readonly route: Route
  readonly target: string
  /** Longest time that a page waits for a change. */
  readonly waitSeconds: number
  readonly isOpen: boolean
  readonly access: AccessRule
  readonly priority: Priority
  readonly pattern: string
}

/** The history of a document. Never stored. */
export interface HistoryPlan {
  readonly kind: 'history'
  readonly route: Route
  readonly target: string
  readonly isOpen: boolean
  readonly access: AccessRule
  readonly priority: Priority
  readonly pattern: string
}

/** The documentation that the origin serves: public, and the same for everybody. */
export interface PagePlan {
  readonly kind: 'page'
  readonly target: string
  readonly pattern: string
  readonly priority: Priority
}

/** A known route with an invalid query. Only callers with access learn what is wrong. */
export interface InvalidPlan {
  readonly kind: 'invalid'
  readonly route: Route
  readonly problem: Problem
  readonly isOpen: boolean
  readonly access: AccessRule
  readonly pattern: string
}

export interface OptionsPlan {
  readonly kind: 'options'
  readonly allow: readonly string[]
}

/** Matches no contract route: one of hono's, or none. */
export interface UnmatchedPlan {
  readonly kind: 'unmatched'
  /** The answer when hono has no such route either. */
  readonly problem: Problem
  /** For logs: the pattern of the route that hono matched, once known. */
  pattern: string | undefined
}

/** Tags that an origin wants to be purged. */
export interface PurgePlan {
  readonly kind: 'purge'
  /** The answer of an edge that takes none. */
  readonly problem: Problem
  readonly pattern: string
}

export interface RefusedPlan {
  readonly kind: 'refused'
  readonly problem: Problem
}

export type ServedPlan = ReadPlan | ExportPlan | FeedPlan | HistoryPlan | WritePlan | PagePlan
export type RequestPlan = ServedPlan | InvalidPlan | OptionsPlan | PurgePlan | RefusedPlan | UnmatchedPlan

/**
 * Accepts segments without a leading dot and without escapes, so that no URL parser can turn them into another path.
 */
const pagePath = /^\/(?:openapi\.json|docs\/?|(?:docs|problems)(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+)$/
const pageMethods = ['GET', 'HEAD', 'OPTIONS']

/**
 * Plans a request by the contract alone. perf: plans of reads are cached by the URL as sent, host included, so that a
 * repeated URL costs one look-up and no parsing; plans of creates likewise, as their paths are few. Refused requests
 * are not cached, so that nonsense evicts nothing.
 */
export class RequestPlans {
  readonly #catalogue: Catalogue
  readonly #reads = new SieveMap<ReadPlan>({ countMax: 5_000, bytesMax: 4 * 1_024 * 1_024, bytesOf })
  /** perf: a URL that is asked for once, such as a search of its own, is not worth keeping. */
  readonly #doorkeeper = new Doorkeeper(8_192)
  /** One for each version of each resource and each host name; a client may invent host names. */
  readonly #creates = new SieveMap<WritePlan>({ countMax: 500, bytesMax: 512 * 1_024, bytesOf })

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue
  }

  plan(method: string, url: string, nowMs: number): RequestPlan {
    const isSafe = method === 'GET' || method === 'HEAD'
    const known = isSafe ? this.#reads.get(url) : method === 'POST' ? this.#creates.get(url) : undefined
    if (known !== undefined) return retired(known.route, nowMs) ?? known
    const target = pathAndSearch(url)
    const oversize = urlProblem(target)
    if (oversize !== undefined) return refused(oversize)
    const plan = planRequest(this.#catalogue, method, target, nowMs)
    if (plan.kind === 'read' && this.#doorkeeper.hasSeen(url)) this.#reads.set(url, plan)
    // The plan's target has no query: a URL without a query maps to the same plan for everybody.
    if (plan.kind === 'write' && plan.route.operation === 'create' && plan.target === target) {
      this.#creates.set(url, plan)
    }
    return plan
  }
}

/** Estimate: the plan's own strings take about twice the size of its key; everything else is shared. */
const bytesOf = (url: string): number => 256 + url.length * 6

function planRequest(catalogue: Catalogue, method: string, target: string, nowMs: number): RequestPlan {
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
      return methodNotAllowed(match.allow)
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
  if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed(pageMethods)
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
function retired(route: Route, nowMs: number): RefusedPlan | undefined {
  if (route.representation.deprecation === undefined || lifecycleStage(route, nowMs) !== 'gone')
    return undefined
  const { successor } = route.representation.deprecation
  return refused({
    code: 'version-gone',
    detail: `${route.version} of ${route.resource.name} is retired; use /${successor}/${route.resource.name}.`,
  })
}

const invalid = (route: Route, access: AccessRule, problem: Problem): InvalidPlan => ({
  kind: 'invalid',
  route,
  problem,
  isOpen: isPublic(access),
  access,
  pattern: patternOf(route),
})

const refused = (problem: Problem): RefusedPlan => ({ kind: 'refused', problem })

export const methodNotAllowed = (allow: readonly string[]): RefusedPlan =>
  refused({
    code: 'method-not-allowed',
    detail: `Method not allowed. Supported: ${allow.join(', ')}.`,
    headers: { allow: allow.join(', ') },
  })

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
