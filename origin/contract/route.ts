import { type AccessRule, type AccessRules, never } from './access.ts'
import type { Action, ActionTarget } from './action.ts'
import { type Catalogue, findView, type View, versionsOf } from './catalogue.ts'
import { feedName } from './feed.ts'
import { historyName } from './history.ts'
import { idPattern } from './limits.ts'
import type { Query } from './named-query.ts'
import { queryView } from './query-view.ts'
import type { Resource } from './resource.ts'

/** Operation of a request on a resource. */
export type Operation =
  | 'list'
  | 'changes'
  | 'read'
  | 'history'
  | 'create'
  | 'batchCreate'
  | 'replace'
  | 'patch'
  | 'delete'
  | 'action'
  | 'query'

export interface Route extends View {
  readonly operation: Operation
  /** Present for an operation on one document. */
  readonly id?: string
  /** Present for an action. */
  readonly action?: Action
  /** Present for a query. */
  readonly query?: Query
}

/** Result of matching a method and path. `allow` lists methods for `Allow` (RFC 9110 §10.2.1). */
export type RouteMatch =
  | { readonly kind: 'route'; readonly route: Route }
  | { readonly kind: 'options'; readonly allow: readonly string[] }
  | { readonly kind: 'methodNotAllowed'; readonly allow: readonly string[] }
  | { readonly kind: 'notFound'; readonly detail: string }

type Target = 'collection' | 'batch' | 'changes' | 'document' | 'history'

const operations: Readonly<Record<Target, Readonly<Record<string, UsualOperation>>>> = {
  collection: { GET: 'list', HEAD: 'list', POST: 'create' },
  batch: { POST: 'batchCreate' },
  changes: { GET: 'changes' },
  document: { GET: 'read', HEAD: 'read', PUT: 'replace', PATCH: 'patch', DELETE: 'delete' },
  history: { GET: 'history' },
}

type UsualOperation = Exclude<Operation, 'action' | 'query'>

/** Access rule of each standard operation but a history, which has its own. */
const rightOf: Readonly<Record<Exclude<UsualOperation, 'history'>, keyof AccessRules>> = {
  list: 'read',
  changes: 'read',
  read: 'read',
  create: 'create',
  batchCreate: 'create',
  replace: 'update',
  patch: 'update',
  delete: 'delete',
}

/** Whether a resource has a standard operation: not if its rule is `never`; no batch without items, no feed without events. */
function offers({ access, batchSizeMax, events, history }: Resource, operation: UsualOperation): boolean {
  if (operation === 'history') return history !== undefined
  if (operation === 'changes' && events === undefined) return false
  if (operation === 'batchCreate' && batchSizeMax === 0) return false
  return access[rightOf[operation]].kind !== 'never'
}

const reads: readonly Operation[] = ['list', 'changes', 'read', 'history', 'query']
export const isRead = (operation: Operation): boolean => reads.includes(operation)

/** Access rule of an operation. */
export function accessRuleOf({
  resource,
  operation,
  action,
}: Pick<Route, 'resource' | 'operation' | 'action'>): AccessRule {
  if (action !== undefined) return action.access
  // The view of a query has its rule.
  if (operation === 'query') return resource.access.read
  if (operation === 'history') return resource.history?.read ?? never
  // The cast is safe: the operation `action` always has an action.
  return resource.access[rightOf[operation as keyof typeof rightOf]]
}

/** An operation that a view offers. */
export interface OfferedRoute {
  readonly method: string
  /** Path pattern, with `:id` for a document's id. */
  readonly path: string
  readonly operation: Operation
  readonly action?: Action
  readonly query?: Query
}

/** Operations of a view. */
export function routesOf({ resource, version }: View): readonly OfferedRoute[] {
  const collection = `/${version}/${resource.name}`
  const paths = {
    collection,
    batch: `${collection}/batch`,
    changes: `${collection}/${feedName}`,
    document: `${collection}/:id`,
    history: `${collection}/:id/${historyName}`,
  }
  // The cast is safe: the keys of the table are its targets.
  const usual = (Object.keys(paths) as Target[]).flatMap((target) =>
    Object.entries(operations[target])
      .filter(([method, operation]) => method !== 'HEAD' && offers(resource, operation))
      .map(([method, operation]) => ({ method, path: paths[target], operation })),
  )
  const actions = [...resource.actions.values()]
    .filter(({ versions }) => versions.includes(version))
    .map((action) => ({
      method: 'POST',
      path: `${paths[action.target]}/${action.name}`,
      operation: 'action' as const,
      action,
    }))
  const queries = [...resource.queries.values()]
    .filter(({ versions }) => versions.includes(version))
    .map((query) => ({
      method: 'GET',
      path: `${collection}/${query.name}`,
      operation: 'query' as const,
      query,
    }))
  return [...usual, ...actions, ...queries]
}

/**
 * Matches a method and path. The path is compared as sent: no valid path needs percent-encoding, so an encoded one
 * never matches, and a document has only one URL.
 */
export function matchRoute(catalogue: Catalogue, method: string, pathname: string): RouteMatch {
  const [, version = '', name = '', id, ...rest] = pathname.split('/')
  const view = findView(catalogue, version, name)
  if (view === undefined) return { kind: 'notFound', detail: explainMiss(catalogue, version, name) }
  const action = actionAt(view, id, rest)
  if (action !== undefined) return matchAction(view, action, method, id)
  const query = rest.length === 0 && id !== undefined ? view.resource.queries.get(id) : undefined
  if (query?.versions.includes(view.version) === true) return matchQuery(view, query, method)
  const isHistory = rest.length === 1 && rest[0] === historyName && view.resource.history !== undefined
  if ((rest.length > 0 && !isHistory) || id === '') {
    return {
      kind: 'notFound',
      detail: `No such path. Use /${version}/${name} or /${version}/${name}/{id}.`,
    }
  }
  const target = isHistory ? 'history' : targetOf(view.resource, id)
  const isOfDocument = target === 'document' || isHistory
  // The casts are safe, here and below: the path of a document has an id.
  if (isOfDocument && !idPattern.test(id as string)) return invalidId
  const byMethod = operations[target]
  const operation = Object.hasOwn(byMethod, method) ? byMethod[method] : undefined
  if (operation !== undefined && offers(view.resource, operation)) {
    return {
      kind: 'route',
      route: { ...view, operation, ...(isOfDocument && { id: id as string }) },
    }
  }
  const offered = Object.entries(byMethod).filter(([, one]) => offers(view.resource, one))
  const allow = [...offered.map(([known]) => known), 'OPTIONS']
  return { kind: method === 'OPTIONS' ? 'options' : 'methodNotAllowed', allow }
}

function targetOf({ batchSizeMax, events }: Resource, id: string | undefined): Target {
  if (id === undefined) return 'collection'
  if (id === 'batch' && batchSizeMax > 0) return 'batch'
  return id === feedName && events !== undefined ? 'changes' : 'document'
}

/** The action in a path below a collection or a document, if any. */
function actionAt(
  { resource, version }: View,
  id: string | undefined,
  rest: readonly string[],
): Action | undefined {
  if (resource.actions.size === 0 || id === undefined || rest.length > 1) return undefined
  const target: ActionTarget = rest.length === 0 ? 'collection' : 'document'
  const action = resource.actions.get(rest[0] ?? id)
  return action?.target === target && action.versions.includes(version) ? action : undefined
}

function matchAction(view: View, action: Action, method: string, id: string | undefined): RouteMatch {
  // The casts are safe, here and below: the path of a document has an id.
  if (action.target === 'document' && !idPattern.test(id as string)) return invalidId
  if (method === 'POST') {
    const isOfDocument = action.target === 'document'
    return {
      kind: 'route',
      route: { ...view, operation: 'action', action, ...(isOfDocument && { id: id as string }) },
    }
  }
  return { kind: method === 'OPTIONS' ? 'options' : 'methodNotAllowed', allow: ['POST', 'OPTIONS'] }
}

function matchQuery(view: View, query: Query, method: string): RouteMatch {
  if (method === 'GET' || method === 'HEAD') {
    return { kind: 'route', route: { ...queryView(view, query), operation: 'query', query } }
  }
  return { kind: method === 'OPTIONS' ? 'options' : 'methodNotAllowed', allow: ['GET', 'HEAD', 'OPTIONS'] }
}

const invalidId: RouteMatch = {
  kind: 'notFound',
  detail: 'Invalid id: must be 1 to 64 letters, digits, hyphens or underscores.',
}

function explainMiss(catalogue: Catalogue, version: string, name: string): string {
  const versions = versionsOf(catalogue)
  if (!versions.some((known) => known === version)) {
    return `Paths start with a version: ${versions.map((known) => `/${known}`).join(', ')}.`
  }
  const resource = catalogue.get(name)
  if (resource !== undefined)
    return `'${name}' is not in ${version}; it is in ${[...resource.versions.keys()].join(', ')}.`
  const names = [...catalogue.values()]
    // The cast: `has` only compares, so any string is safe.
    .filter(({ versions }) => versions.has(version as never))
    .map(({ name }) => name)
  return `${version} has ${names.join(', ')}.`
}
