import {
  type AccessRule,
  accessRuleOf,
  allListsTag,
  type Catalogue,
  cacheKey,
  deadline,
  documentTag,
  isPublic,
  isRead,
  lifecycleStage,
  matchRoute,
  type Operation,
  type Priority,
  type Problem,
  parseListQuery,
  parseReadQuery,
  parseWriteQuery,
  publicPaths,
  type Route,
} from '@spillway/origin/contract'
import { SieveMap } from '../lib/sieve-map.ts'
import { pathAndSearch, urlProblem } from './request-headers.ts'

/** A read of a resource: where it goes, what it is stored under and who may ask. */
export interface ReadPlan {
  readonly kind: 'read'
  readonly route: Route
  /** Canonical path and query, as the origin is asked. */
  readonly target: string
  /** Canonical query with the cursor, if any: what {@link cacheKey} takes. */
  readonly canonical: string
  /** Key that all callers share; `undefined` where each subject has an own one, or nothing is stored. */
  readonly sharedKey: string | undefined
  readonly isStored: boolean
  readonly isOpen: boolean
  readonly access: AccessRule
  readonly priority: Priority
  /** For logs: `/v1/places/:id`, without ids and query values. */
  readonly pattern: string
}

/** Anything that may change a document. Nothing of it is stored, and its body goes to the origin unread. */
export interface WritePlan {
  readonly kind: 'write'
  readonly route: Route
  readonly target: string
  /** How long it may take: an action may have more time than other requests. */
  readonly timeoutMs: number
  readonly isOpen: boolean
  readonly access: AccessRule
  readonly priority: Priority
  readonly pattern: string
}

/** The documentation that the origin serves beside the resources: public, and the same for everybody. */
export interface PagePlan {
  readonly kind: 'page'
  readonly target: string
  readonly pattern: string
  readonly priority: Priority
}

/** A known route with a query that is not valid: said only to those who may ask at all. */
export interface InvalidPlan {
  readonly kind: 'invalid'
  readonly problem: Problem
  readonly isOpen: boolean
  readonly access: AccessRule
  readonly pattern: string
}

export interface OptionsPlan {
  readonly kind: 'options'
  readonly allow: readonly string[]
}

/** No route of the contract: one beside them, or none at all. */
export interface UnmatchedPlan {
  readonly kind: 'unmatched'
  /** Refusal where there is no other route either. */
  readonly problem: Problem
  /** For logs: the pattern of the route that took it, once there is one. */
  pattern: string | undefined
}

export interface RefusedPlan {
  readonly kind: 'refused'
  readonly problem: Problem
}

export type ServedPlan = ReadPlan | WritePlan | PagePlan
export type RequestPlan = ServedPlan | InvalidPlan | OptionsPlan | RefusedPlan | UnmatchedPlan

/** Segments that neither start with a dot nor hold an escape: nothing that a URL parser could turn into another path. */
const pagePath = /^\/(?:openapi\.json|docs\/?|(?:docs|problems)(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+)$/
const pageMethods = ['GET', 'HEAD', 'OPTIONS']

/**
 * Meaning of a request line, by the contract alone. Reads are remembered by their URL as sent, host included, so that a
 * repeated one costs a look-up and nothing need be cut off first, and so are creates, whose paths are few; what was
 * refused is not, so that nonsense pushes nothing out.
 */
export class RequestPlans {
  readonly #catalogue: Catalogue
  readonly #reads = new SieveMap<ReadPlan>({ countMax: 5_000, bytesMax: 4 * 1_024 * 1_024, bytesOf })
  /** One for each version of each resource under each name of the host, which a client may make up. */
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
    if (plan.kind === 'read') this.#reads.set(url, plan)
    // The plan's target has no query: what was sent without one is the same text for all.
    if (plan.kind === 'write' && plan.route.operation === 'create' && plan.target === target) {
      this.#creates.set(url, plan)
    }
    return plan
  }
}

/** The plan's own texts weigh about as much again as its key, twice; the rest is shared. */
const bytesOf = (url: string): number => 256 + url.length * 6

function planRequest(catalogue: Catalogue, method: string, target: string, nowMs: number): RequestPlan {
  const split = target.indexOf('?')
  const pathname = split === -1 ? target : target.slice(0, split)
  const search = split === -1 ? '' : target.slice(split)
  if (pagePath.test(pathname)) return planPage(method, pathname)
  const match = matchRoute(catalogue, method, pathname)
  switch (match.kind) {
    case 'notFound':
      return {
        kind: 'unmatched',
        problem: { code: 'not-found', detail: match.detail },
        pattern: undefined,
      }
    case 'options':
      return { kind: 'options', allow: match.allow }
    case 'methodNotAllowed':
      return methodNotAllowed(match.allow)
    default: {
      const { route } = match
      const gone = retired(route, nowMs)
      if (gone !== undefined) return gone
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
  const parsed = route.operation === 'list' ? parseList(route, search) : parseReadQuery(route, search)
  if (!parsed.ok) return invalid(route, route.resource.access.read, parsed.problem)
  const { canonical } = parsed.value
  const path = pathOf(route)
  const { cache, access, priority } = route.resource
  const isStored = cache.kind === 'stored'
  const isShared = isStored && cache.visibility !== 'subject'
  return {
    kind: 'read',
    route,
    target: canonical === '' ? path : `${path}?${canonical}`,
    canonical,
    sharedKey: isShared ? cacheKey(route, canonical, undefined) : undefined,
    isStored,
    isOpen: isPublic(access.read),
    access: access.read,
    priority,
    pattern: patternOf(route),
  }
}

function parseList(
  route: Route,
  search: string,
): ReturnType<typeof parseListQuery> | { readonly ok: true; readonly value: { readonly canonical: string } } {
  const parsed = parseListQuery(route, search)
  if (!parsed.ok || parsed.value.cursor === undefined) return parsed
  return { ok: true, value: { canonical: `${parsed.value.canonical}&cursor=${parsed.value.cursor}` } }
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

/** Answers of a retired version stop on the day, whatever is still stored. */
function retired(route: Route, nowMs: number): RefusedPlan | undefined {
  if (route.representation.deprecation === undefined || lifecycleStage(route, nowMs) !== 'gone')
    return undefined
  const { successor } = route.representation.deprecation
  return refused({
    code: 'version-gone',
    detail: `${route.version} of ${route.resource.name} is retired; use /${successor}/${route.resource.name}.`,
  })
}

/**
 * Tags to purge when the answer to a write never came: the document's, as the write may have happened, and those of all
 * lists, as its values are not known here. Of an action, also the lists of the resources that it may have written.
 */
export function presumedTags(
  { resource, id, action }: Route,
  subject: string | undefined,
): readonly string[] {
  const written = action?.writes.filter(({ name }) => name !== resource.name) ?? []
  const lists = [resource, ...written].map((one) => allListsTag(one, subject))
  return id === undefined ? lists : [documentTag(resource.name, id), ...lists]
}

/** Tags that the answer to a read carries, as far as they follow from the request. */
export function readTags({ resource, id }: Route, subject: string | undefined): readonly string[] {
  return [id === undefined ? allListsTag(resource, subject) : documentTag(resource.name, id)]
}

const invalid = (route: Route, access: AccessRule, problem: Problem): InvalidPlan => ({
  kind: 'invalid',
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

  const below: Partial<Record<Operation, string>> = { list: '', create: '', batchCreate: '/batch' }
  return `${collection}${below[operation] ?? '/:id'}`
}
