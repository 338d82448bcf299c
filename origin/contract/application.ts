import type { Action } from './action.ts'
import { type Catalogue, catalogue } from './catalogue.ts'
import { DefinitionError } from './definition-check.ts'
import { list, madeByResource, options, text, value } from './definition-options.ts'
import type { Query } from './named-query.ts'
import { checkTargets } from './references.ts'
import type { Resource } from './resource.ts'
import { checkSlo, type Slo, type SloDefinition, sloOf, sloOptions } from './slo.ts'
import type { Receivers } from './webhook-receivers.ts'

/** Everything that a team writes, as one value. Entry points pass it in; no framework module imports it. */
export interface Application<Parts extends ApplicationParts = ApplicationParts> {
  readonly name: string
  readonly title: string
  readonly summary: string
  readonly contact: Contact | undefined
  readonly license: License | undefined
  readonly resources: Catalogue
  /** Receivers of webhooks that callers manage; their resource is among the others. */
  readonly receivers: Receivers | undefined
  /** Service level objectives, from which alarms and the report of error budgets follow. */
  readonly slo: Slo
  /** Types of its parts, for the typed client. Never has a value. */
  readonly parts?: Parts
}

/** Types of an application's parts. */
export interface ApplicationParts {
  readonly resource: Resource
  readonly action: Action
  readonly query: Query
}

/** Whom callers of the API ask, as its documentation states it. */
export interface Contact {
  readonly name: string
  readonly email?: string
  readonly url?: string
}

/** Terms of the API as its documentation states them. */
export interface License {
  readonly name: string
  /** SPDX identifier (spdx.org/licenses). */
  readonly identifier: string
}

/** Definition of an application, as a team writes it. */
export interface ApplicationDefinition<Parts extends ApplicationParts = ApplicationParts> {
  /** Short name, e.g. `travel`: lower-case letters, digits and hyphens. */
  readonly name: string
  /** Heading of the API's documentation. */
  readonly title: string
  /** One sentence on what the API is for. */
  readonly summary: string
  /** @default none is stated */
  readonly contact?: Contact
  /** @default none is stated */
  readonly license?: License
  readonly resources: readonly Parts['resource'][]
  /** @default none */
  readonly actions?: readonly Parts['action'][]
  /** @default none */
  readonly queries?: readonly Parts['query'][]
  /** Receivers of webhooks that callers of the API manage. @default none: operators add them by a command */
  readonly receivers?: Receivers
  /** Service level objectives by priority. @default those of `slo.ts` */
  readonly slo?: SloDefinition
}

/** @throws {DefinitionError} that lists every mistake with its fix */
export function defineApplication<
  One extends Resource,
  Act extends Action = never,
  Ask extends Query = never,
>(
  definition: ApplicationDefinition<{ resource: One; action: Act; query: Ask }>,
): Application<{ resource: One; action: Act; query: Ask }> {
  const {
    name,
    title,
    summary,
    contact,
    license,
    resources,
    actions = [],
    queries = [],
    receivers,
    slo,
  } = definition
  const ofKind = [...applicationOptions(definition, '')]
  const mistakes = ofKind.length > 0 ? ofKind : [...checkApplication(definition)]
  if (mistakes.length > 0) throw new DefinitionError(String(name), mistakes, 'application')
  return {
    name,
    title,
    summary,
    contact,
    license,
    receivers,
    slo: sloOf(slo),
    resources:
      receivers === undefined
        ? joined(resources, actions, queries)
        : joined(
            [...resources, receivers.resource],
            [...actions, receivers.register, receivers.rotate, receivers.replay],
            [...queries, receivers.undelivered],
          ),
  }
}

/** The resources within one application: with their actions, queries and references. */
function joined(
  resources: readonly Resource[],
  actions: readonly Action[],
  queries: readonly Query[],
): Catalogue {
  const parts = resources.map((resource) => {
    const own = actions.filter(({ on }) => on.name === resource.name)
    const targets = new Map<string, Resource>()
    const named = own.map((one) => [one.name, one] as const)
    const asked = queries.filter(({ on }) => on.name === resource.name).map((one) => [one.name, one] as const)
    return {
      ...resource,
      actions: new Map([...resource.actions, ...named]),
      queries: new Map(asked),
      targets,
    }
  })
  const byName = catalogue(...parts)
  for (const { references, targets } of parts) {
    // The cast is safe: unknown references were refused above.
    for (const [field, target] of references) targets.set(field, byName.get(target) as Resource)
  }
  return byName
}

const madeByAction = value(
  'made by action()',
  (given) => typeof given === 'object' && given !== null && 'on' in given && 'timeoutMs' in given,
)
const madeByQuery = value(
  'made by query()',
  (given) => typeof given === 'object' && given !== null && 'on' in given && 'readsAll' in given,
)
const applicationOptions = options({
  'name!': text,
  'title!': text,
  'summary!': text,
  contact: options({ 'name!': text, email: text, url: text }),
  license: options({ 'name!': text, 'identifier!': text }),
  'resources!': list(madeByResource),
  actions: list(madeByAction),
  queries: list(madeByQuery),
  receivers: value(
    'made by webhookReceivers()',
    (given) => typeof given === 'object' && given !== null && 'undelivered' in given,
  ),
  slo: sloOptions,
})

function* checkApplication(definition: ApplicationDefinition): Generator<string> {
  const { name, title, summary, resources, actions = [], queries = [], slo = {} } = definition
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name)) {
    yield 'name: use lower-case letters, digits and hyphens, starting with a letter'
  }
  if (title.trim() === '') yield 'title is empty: say what the API is called'
  if (summary.trim() === '') yield 'summary is empty: say in one sentence what the API is for'
  if (resources.length === 0) yield 'resources is empty: list at least one'
  yield* checkSlo(slo)
  yield* checkTargets(resources)
  yield* checkActions(resources, actions)
  yield* checkQueries(resources, actions, queries)
}

function* checkActions(resources: readonly Resource[], actions: readonly Action[]): Generator<string> {
  const listed = new Set(resources.map(({ name }) => name))
  const taken = new Set(
    resources.flatMap(({ name, actions: own }) => [...own.keys()].map((one) => `${name}/${one}`)),
  )
  for (const { name, on, writes } of actions) {
    if (taken.has(`${on.name}/${name}`))
      yield `actions has '${name}' of '${on.name}' twice: rename one of them`
    taken.add(`${on.name}/${name}`)
    for (const resource of writes) {
      if (!listed.has(resource.name)) {
        yield `action '${name}' names '${resource.name}', which is not in resources: add it`
      }
    }
  }
}

function* checkQueries(
  resources: readonly Resource[],
  actions: readonly Action[],
  queries: readonly Query[],
): Generator<string> {
  const listed = new Set(resources.map(({ name }) => name))
  const taken = new Set(
    actions.filter(({ target }) => target === 'collection').map(({ on, name }) => `${on.name}/${name}`),
  )
  for (const { name, on, reads, readsAll } of queries) {
    const path = `${on.name}/${name}`
    if (taken.has(path))
      yield `'${path}' is the path of two queries, or of a query and an action: rename one of them`
    taken.add(path)
    for (const resource of new Set([on, ...reads, ...readsAll])) {
      if (!listed.has(resource.name)) {
        yield `query '${name}' names '${resource.name}', which is not in resources: add it`
      }
    }
  }
}
