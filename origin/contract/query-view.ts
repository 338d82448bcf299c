import { Audience, anyone, FieldAccess, type Residual } from './access.ts'
import type { View } from './catalogue.ts'
import type { Query } from './named-query.ts'
import type { Principal } from './principal.ts'

/**
 * Audience of a query's answers: the residuals of the read rules, and the subject if each caller has answers of their
 * own.
 */
class QueryAudience extends Audience {
  readonly #query: Query

  constructor(query: Query) {
    super(anyone)
    this.#query = query
  }

  override of(principal: Principal | undefined): Residual {
    const { reads, isPersonal } = this.#query
    const parts = reads.map(({ name, audiences, fieldAccess }) => [
      name,
      audiences.read.of(principal).text,
      fieldAccess.audienceOf(principal),
    ])
    // JSON separates the parts, whatever they contain.
    const text = JSON.stringify(isPersonal ? [principal?.subject ?? null, ...parts] : parts)
    return { alternatives: [[]], text }
  }
}

/**
 * A query as a view, so that its cache keys, storage and revision work as for a resource. Its name is its path, which
 * no resource can have.
 */
export function queryView(view: View, query: Query): View {
  const known = views.get(query)?.get(view.version)
  if (known !== undefined) return known
  const { resource, representation, version } = view
  const made: View = {
    version,
    representation: { ...representation, shape: query.shape },
    resource: {
      ...resource,
      name: `${resource.name}/${query.name}`,
      access: { ...resource.access, read: query.access },
      audiences: { ...resource.audiences, read: new QueryAudience(query) },
      cache: query.cache,
      priority: query.priority,
      listOwnerField: undefined,
      // The audience already contains the residuals of the resources that it reads.
      fieldAccess: noFieldRules,
    },
  }
  views.set(query, new Map([...(views.get(query) ?? []), [version, made]]))
  return made
}

const noFieldRules = new FieldAccess({})

const views = new WeakMap<Query, ReadonlyMap<string, View>>()
