import type { Action, ActionResource, Application, Query } from '@spillway/origin/contract'
import type { Guard } from './guards.ts'
import type { Implementation } from './implementation.ts'
import type { QueryImplementation } from './query-implementation.ts'

/** Actions and handlers do not match; the start is stopped. */
export class ServerCodeError extends Error {
  override readonly name = 'ServerCodeError'
}

/** The framework's handler of restore: applies the rules of every write. */
const restore =
  (on: ActionResource): Implementation['handler'] =>
  // The cast is safe: a document action has a document.
  ({ document, store }) =>
    store.restore(on, (document as { readonly id: string }).id)

type BuiltIn = NonNullable<Action['builtIn']>

/** The framework's handlers of actions that another folder defines. */
export type FurtherHandlers = Readonly<
  Record<Exclude<BuiltIn, 'restore'>, (on: ActionResource) => Implementation['handler']>
>

/**
 * Finds the handler of each action.
 *
 * @param further handlers of the framework's own actions
 * @throws {ServerCodeError} with every action without a handler, every handler without an action, and the file to
 *   change
 */
export function matchImplementations(
  { resources }: Application,
  {
    implementations,
    guards,
  }: { readonly implementations: readonly Implementation[]; readonly guards: readonly Guard[] },
  further: FurtherHandlers,
): ReadonlyMap<Action, Implementation['handler']> {
  const mistakes = guards
    .filter(({ resource }) => !resources.has(resource.name))
    .map(
      ({ resource: { name } }) =>
        `a guard is defined for '${name}', which is not in the application's resources: add it`,
    )
  const actions = [...resources.values()].flatMap((resource) => [...resource.actions.values()])
  const handlers = { restore, ...further }
  const builtIn = actions
    .filter((one) => one.builtIn !== undefined && !implementations.some(({ action }) => action === one))
    // The cast is safe: the filter leaves those with a name of the table.
    .map((action) => [action, handlers[action.builtIn as BuiltIn](action.on)] as const)
  const written = implementations.map(({ action, handler }) => [action, handler] as const)
  return match(actions, [...written, ...builtIn], {
    mistakes,
    kind: 'action',
    done: 'implemented',
    missing: 'has no implementation: write implement(…)',
  })
}

/**
 * Finds the handler of each query.
 *
 * @throws {ServerCodeError} with every query without a handler, every handler without a query, and the file to change
 */
export function matchAnswers(
  { resources }: Application,
  { answers }: { readonly answers: readonly QueryImplementation[] },
): ReadonlyMap<Query, QueryImplementation> {
  const queries = [...resources.values()].flatMap((resource) => [...resource.queries.values()])
  const written = answers.map((one) => [one.query, one] as const)
  return match(queries, written, {
    mistakes: [],
    kind: 'query',
    done: 'answered',
    missing: 'has no handler: write answer(…)',
  })
}

/** Words of the messages, and mistakes that were found before. */
interface Words {
  readonly mistakes: readonly string[]
  readonly kind: string
  readonly done: string
  readonly missing: string
}

/** Finds the code of everything that is declared. */
function match<Declared extends { readonly name: string; readonly on: ActionResource }, Code>(
  declared: readonly Declared[],
  written: readonly (readonly [Declared, Code])[],
  { mistakes: before, kind, done, missing }: Words,
): ReadonlyMap<Declared, Code> {
  const matched = new Map<Declared, Code>()
  const mistakes = [...before]
  const named = ({ name, on }: Declared): string => `${kind} '${name}' of '${on.name}'`
  const list = kind === 'query' ? 'queries' : 'actions'
  for (const [one, code] of written) {
    if (!declared.includes(one)) {
      mistakes.push(
        `${named(one)} is ${done}, but missing in the application's ${list}: add it in origin/application/index.ts`,
      )
    } else if (matched.has(one)) mistakes.push(`${named(one)} is ${done} twice: remove one`)
    else matched.set(one, code)
  }
  for (const one of declared) {
    if (matched.has(one)) continue
    mistakes.push(
      `${named(one)} ${missing} in origin/application/server/${one.name}.ts ` +
        'and list it in origin/application/server/index.ts',
    )
  }
  if (mistakes.length > 0) throw new ServerCodeError(mistakes.join('\n'))
  return matched
}
