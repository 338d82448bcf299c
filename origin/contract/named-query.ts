import type { TObject, TProperties } from 'typebox'
import {
  type AccessRule,
  type AccessRules,
  type Audience,
  type FieldAccess,
  isPublic,
  readsDocument,
} from './access.ts'
import { type ActionResource, liveVersions } from './action.ts'
import { type CacheOptions, type CacheRule, resolveCacheRule, type Visibility } from './cache-policy.ts'
import type { VersionName } from './definition.ts'
import { DefinitionError } from './definition-check.ts'
import { namedQueryOptions } from './definition-options.ts'
import { checkDuration } from './duration.ts'
import { feedName } from './feed.ts'
import { filterTypeOf } from './filter-type.ts'
import type { Priority } from './priority.ts'
import { digest } from './shape.ts'

/** A resource as far as a query needs to know it. */
export interface QueryResource<Stored extends TProperties = TProperties> extends ActionResource<Stored> {
  readonly access: AccessRules
  readonly audiences: Readonly<Record<keyof AccessRules, Audience>>
  readonly fieldAccess: FieldAccess
}

/** Definition of a query, as an application developer writes it. Pure: its handler is the server's (`answer`). */
export interface QueryDefinition<
  On extends QueryResource,
  Parameters extends TObject,
  Output extends TObject,
> {
  /** One sentence for the API's documentation. */
  readonly description: string
  /** The resource below whose path it is: `GET /v1/listings/nearby`. */
  readonly on: On
  /** Callers who may call it. Words about the token alone. */
  readonly access: AccessRule
  /** Schema of the query string: strings, numbers, booleans, dates. @default no parameters */
  readonly parameters?: Parameters
  /** Schema of the answer. */
  readonly output: Output
  /** Resources that the handler reads, each as the caller may. @default `on` */
  readonly reads?: readonly QueryResource[]
  /**
   * Resources of which it reads all documents for every caller: the handler decides what the answer reveals. @default
   * none
   */
  readonly readsAll?: readonly QueryResource[]
  /**
   * Storage of answers, purged by every write to the documents read. Callers who may read the same documents share an
   * answer, so the handler does not get the caller. With `visibility: 'subject'`, each caller has answers of their own,
   * and the handler gets the subject. @default 'none'
   */
  readonly cache?:
    | (Omit<CacheOptions, 'listsBy' | 'visibility'> & { readonly visibility?: 'subject' })
    | 'none'
  /** @default the resource's */
  readonly priority?: Priority
  /** Versions of the resource that offer it. @default those that are not deprecated */
  readonly versions?: readonly VersionName[]
  /** Raise it if answers change, and neither the schema nor the handler's text does. @default 0 */
  readonly revision?: number
}

/** A checked query. */
export interface Query<
  On extends QueryResource = QueryResource,
  Parameters extends TObject = TObject,
  Output extends TObject = TObject,
  Name extends string = string,
> {
  readonly name: Name
  readonly description: string
  readonly on: On
  readonly access: AccessRule
  readonly parameters: Parameters
  readonly output: Output
  readonly reads: readonly QueryResource[]
  readonly readsAll: readonly QueryResource[]
  readonly cache: CacheRule
  readonly priority: Priority
  readonly versions: readonly VersionName[]
  /** Whether each caller has stored answers of their own, so that the handler gets the subject. */
  readonly isPersonal: boolean
  /** Digest of the definition, in cache keys. */
  readonly shape: string
}

/**
 * Defines a query: a read beyond the documents and lists of a resource.
 *
 * @param name becomes a path segment, e.g. `nearby`
 * @throws {DefinitionError} that lists every mistake with its fix
 */
export function query<
  On extends QueryResource,
  Output extends TObject,
  Parameters extends TObject = TObject<Record<never, never>>,
  Name extends string = string,
>(name: Name, definition: QueryDefinition<On, Parameters, Output>): Query<On, Parameters, Output, Name> {
  // The cast only hides the type parameters: the checks treat options by name.
  const mistakes = [...checkQuery(name, definition as never)]
  if (mistakes.length > 0) throw new DefinitionError(name, mistakes, 'query')
  const { on, parameters, output, reads = [on], readsAll = [], cache = 'none', revision = 0 } = definition
  const { access, description, priority = on.priority, versions = liveVersions(on) } = definition
  return {
    ...{ name, description, on, access, output, reads, readsAll, priority, versions },
    // The cast is safe: an absent option has the default of its type parameter.
    parameters: parameters ?? ({ type: 'object', properties: {} } as unknown as Parameters),
    cache: resolveCacheRule(
      cache === 'none'
        ? cache
        : { ...cache, visibility: cache.visibility === undefined ? widestFor(access, reads) : 'residual' },
      access,
    ),
    isPersonal: cache === 'none' || cache.visibility === 'subject',
    shape: digest(JSON.stringify([revision, parameters ?? null, output])),
  }
}

/** The widest visibility of the answers, from that of the documents that they contain. */
function widestFor(access: AccessRule, reads: readonly QueryResource[]): Visibility {
  const isTheSameForAll = reads.every(
    (one) => isPublic(one.access.read) && !readsDocument(one.access.read) && !one.fieldAccess.hidesSome,
  )
  if (!isTheSameForAll) return 'residual'
  return isPublic(access) ? 'public' : 'authorized'
}

function* checkQuery(
  name: string,
  definition: QueryDefinition<QueryResource, TObject, TObject>,
): Generator<string> {
  const ofKind = [...namedQueryOptions(definition, '')]
  yield* ofKind
  // The other checks assume that each option has the right type.
  if (ofKind.length > 0) return
  const { on, access, parameters, versions } = definition
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name) || name === 'batch' || name === feedName) {
    yield `the name becomes a path segment: use lower-case letters, digits and hyphens, and not 'batch' or '${feedName}'`
  }
  if (readsDocument(access)) {
    yield `access must be decided by the token alone, since there is no document: what is shown follows from the rules of 'reads'`
  }
  for (const [field, schema] of Object.entries(parameters?.properties ?? {})) {
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(field))
      yield `parameters: '${field}' may have letters and digits alone`
    if (filterTypeOf(schema) === undefined) {
      yield `parameters: '${field}' must be a string, number, integer, boolean or date, as a query string has them`
    }
  }
  yield* checkCache(definition)
  for (const version of versions ?? []) {
    if (!on.versions.has(version))
      yield `versions names '${version}', which '${on.name}' does not have: remove it`
  }
  if (versions === undefined && liveVersions(on).length === 0) {
    yield `every version of '${on.name}' is deprecated: name versions`
  }
}

function* checkCache({
  access,
  readsAll = [],
  cache = 'none',
}: QueryDefinition<QueryResource, TObject, TObject>): Generator<string> {
  if (cache === 'none') return
  for (const option of ['maxAge', 'staleWhileRevalidate', 'staleIfError'] as const) {
    yield* checkDuration(`cache.${option}`, cache[option])
  }
  if (cache.visibility === 'subject' && isPublic(access)) {
    yield `cache.visibility 'subject' leaves out callers without a token, whom access lets through: remove it`
  }
  for (const { name, listOwnerField } of readsAll) {
    if (listOwnerField === undefined) continue
    yield `cache: a write to '${name}', whose lists are their owner's alone, purges no answer that reads all of it: use 'none'`
  }
}
