import {
  type AccessRule,
  type Action,
  accessRuleOf,
  bodySchema,
  type Catalogue,
  isPublic,
  type LoadOperation as Kind,
  type LoadMix,
  type LoadShares,
  type Operation as OperationKind,
  queryFields,
  type Resource,
  routesOf,
  scopesOf,
  type View,
} from '@spillway/origin/contract'
import { isAskable } from './askable.ts'
import type { ValueSchema } from './sample-value.ts'

/** Choice of an application's operations, and how often each is called. */
export interface OperationShares {
  readonly shares: LoadShares
  /** Inputs of actions to choose from, by name. */
  readonly inputs?: LoadMix['inputs']
  /** Reasons of refusals that are proper answers of actions, by name. */
  readonly expects?: LoadMix['expects']
  /** Resources of the contract that are read or written. @default all */
  readonly resources?: readonly string[]
}

/** One operation of the API as plain data, without code of the contract: all that a driver needs for its requests. */
export interface Operation {
  /** e.g. `places.read`, and `listings.book` for an action */
  readonly name: string
  readonly kind: Kind
  readonly resource: string
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** `:id` stands for a document's id. */
  readonly path: string
  /** Relative frequency. */
  readonly weight: number
  /** The request carries a token. */
  readonly signedIn: boolean
  /** Body of `create` and of an action; fields that `patch` may change. */
  readonly body?: ValueSchema
  /** Reasons of refusals that are proper answers of an action. */
  readonly expects?: readonly string[]
  /** Parameter that `list` filters by, with values that documents have. */
  readonly filter?: string
}

const kinds: readonly Kind[] = ['read', 'list', 'create', 'patch', 'action']
const isKind = (operation: OperationKind): operation is Kind => kinds.some((kind) => kind === operation)

/**
 * Operations derived from the contract: those of the newest version of each resource, in the given shares.
 *
 * Operations that a driver cannot call realistically are left out: reads and changes by id of documents with an owner,
 * whose ids nobody else knows, and changes that need a current ETag. A kind that no resource offers then is left out,
 * too.
 *
 * @throws RangeError for a share of one resource that it cannot take, for an expected reason that is not declared, and
 * if no operation is left
 */
export function operationsOf(
  catalogue: Catalogue,
  { shares, resources, ...about }: OperationShares,
): readonly Operation[] {
  const wanted = [...catalogue.values()].filter(({ name }) => resources?.includes(name) ?? true)
  const possible = wanted.flatMap((resource) => operationsOn(newestView(resource), about))
  const asked = Object.entries(shares).flatMap(([what, share = 0]) => {
    const meant = possible.filter(({ name, kind }) => name === what || kind === what)
    if (meant.length === 0 && what.includes('.')) throw new RangeError(noneOffers(what))
    return meant.map((operation) => ({ ...operation, weight: share / meant.length }))
  })
  if (asked.length === 0) throw new RangeError(noneOffers(Object.keys(shares).join(', ')))
  return asked
}

const noneOffers = (what: string): string => `no resource offers what the scenario asks for: ${what}`

/** Scopes that a token needs for all operations. */
export function scopesNeeded(catalogue: Catalogue, operations: readonly Operation[]): readonly string[] {
  const scopes = operations.flatMap(({ name, resource, kind }) => {
    const known = catalogue.get(resource)
    if (known === undefined) return []
    const action = known.actions.get(name.slice(resource.length + 1))
    return scopesOf(
      accessRuleOf({ resource: known, operation: kind, ...(kind === 'action' && action && { action }) }),
    )
  })
  return [...new Set(scopes)]
}

function newestView(resource: Resource): View {
  const [newest] = [...resource.versions].toSorted(([a], [b]) => Number(b.slice(1)) - Number(a.slice(1)))
  if (newest === undefined) throw new Error(`${resource.name} has no version`)
  const [version, representation] = newest
  return { resource, version, representation }
}

function operationsOn(
  view: View,
  { inputs = {}, expects = {} }: Pick<OperationShares, 'inputs' | 'expects'>,
): readonly Operation[] {
  const { resource } = view
  return routesOf(view).flatMap(({ method, path, operation, action }) => {
    if (!isKind(operation) || !isAskable(resource, operation, action)) return []
    const rule = accessRuleOf({ resource, operation, ...(action !== undefined && { action }) })
    const name = `${resource.name}.${action?.name ?? operation}`
    const filter = filterOf(view)
    return {
      name,
      kind: operation,
      resource: resource.name,
      // The cast is safe: the contract has no other methods.
      method: method as Operation['method'],
      path,
      weight: 0,
      signedIn: needsToken(rule),
      // The cast is safe: a write has a body, by a schema of the contract.
      ...(isWrite(operation) && { body: bodySchema(view) as ValueSchema }),
      ...(action !== undefined && {
        body: inputOf(action, inputs[name]),
        expects: expectedOf(action, name, expects[name] ?? []),
      }),
      ...(operation === 'list' && filter !== undefined && { filter }),
    }
  })
}

/** Schema of an action's inputs: those of the application, or any. The cast is safe: both are schemas. */
const inputOf = ({ input }: Action, inputs: readonly unknown[] | undefined): ValueSchema =>
  inputs === undefined ? ((input ?? { type: 'object' }) as ValueSchema) : { enum: inputs }

/** Reasons that the contract declares: of the action, and of the resources that it writes. */
function expectedOf({ problems, writes }: Action, name: string, expected: readonly string[]) {
  const declared = [problems, ...writes.map((resource) => resource.problems)].flatMap(Object.keys)
  const unknown = expected.find((reason) => !declared.includes(reason))
  if (unknown === undefined) return expected
  const some = declared.length === 0 ? 'none' : declared.join(', ')
  throw new RangeError(`${name} never answers '${unknown}'; its reasons are ${some}`)
}

const isWrite = (kind: Kind): boolean => kind === 'create' || kind === 'patch'

const needsToken = (rule: AccessRule): boolean => !isPublic(rule)

/** The first filter that is no unique key and has the same name in this version. Lists of an owner need none. */
function filterOf(view: View): string | undefined {
  const { resource } = view
  if (resource.listOwnerField !== undefined) return undefined
  const unique = resource.indexes.flatMap(({ fields, unique }) => (unique ? Object.keys(fields) : []))
  const plain = queryFields(view, 'filter').filter(({ name, path, isArray }) => name === path && !isArray)
  return resource.query.filter.find(
    (field) => !unique.includes(field) && !field.includes('.') && plain.some(({ path }) => path === field),
  )
}
