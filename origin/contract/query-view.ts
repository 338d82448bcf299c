import { Audience, anyone, FieldAccess, type Residual } from './access.ts'
import type { View } from './catalogue.ts'
import type { Query } from './named-query.ts'
import type { Principal } from './principal.ts'

/** Audience of a query: the residual of each read rule, and the subject if an answer is for one caller alone. */
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
    // JSON keeps the parts apart, whatever texts they are.
    const text = JSON.stringify(isPersonal ? [principal?.subject ?? null, ...parts] : parts)
    return { alternatives: [[]], text }
  }
}

/**
 * A query as a view: what is keyed, stored, told and announced of a resource's answers is then the same of a query's. Its
 * name is its path, which no resource's can be.
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
      // The residuals of the resources that it reads are in its audience.
      fieldAccess: noFieldRules,
    },
  }
  views.set(query, new Map([...(views.get(query) ?? []), [version, made]]))
  return made
}

const noFieldRules = new FieldAccess({})

const views = new WeakMap<Query, ReadonlyMap<string, View>>()
