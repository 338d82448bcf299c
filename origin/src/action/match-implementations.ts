import type { Action, ActionResource, Application, Query } from '@spillway/origin/contract'
import type { Implementation, ServerCode } from './implementation.ts'
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

/**
 * Finds the handler of each action.
 *
 * @throws {ServerCodeError} with every action without a handler, every handler without an action, and the file to
 *   change
 */
export function matchImplementations(
  { resources }: Application,
  { implementations, guards }: ServerCode,
): ReadonlyMap<Action, Implementation['handler']> {
  const actions = [...resources.values()].flatMap((resource) => [...resource.actions.values()])
  const matched = new Map<Action, Implementation['handler']>()
  const mistakes: string[] = []
  for (const { resource } of guards) {
    if (resources.has(resource.name)) continue
    mistakes.push(`a guard is of '${resource.name}', which is not in the application's resources: add it`)
  }
  for (const { action, handler } of implementations) {
    const name = `action '${action.name}' of '${action.on.name}'`
    if (!actions.includes(action)) {
      mistakes.push(
        `${name} is implemented, but not in the application's actions: list it in origin/application/index.ts`,
      )
    } else if (matched.has(action)) mistakes.push(`${name} is implemented twice: remove one`)
    else matched.set(action, handler)
  }
  for (const action of actions) {
    if (matched.has(action)) continue
    const { name, on, builtIn } = action
    if (builtIn === 'restore') {
      matched.set(action, restore(on))
      continue
    }
    mistakes.push(
      `action '${name}' of '${on.name}' has no implementation: write implement(…) in origin/application/server/${name}.ts ` +
        'and list it in origin/application/server/index.ts',
    )
  }
  if (mistakes.length > 0) throw new ServerCodeError(mistakes.join('\n'))
  return matched
}

/**
 * Finds the handler of each query.
 *
 * @throws {ServerCodeError} with every query without a handler, every handler without a query, and the file to change
 */
export function matchAnswers(
  { resources }: Application,
  { answers }: ServerCode,
): ReadonlyMap<Query, QueryImplementation> {
  const queries = [...resources.values()].flatMap((resource) => [...resource.queries.values()])
  const matched = new Map<Query, QueryImplementation>()
  const mistakes: string[] = []
  for (const one of answers) {
    const { query } = one
    const name = `query '${query.name}' of '${query.on.name}'`
    if (!queries.includes(query)) {
      mistakes.push(
        `${name} is answered, but not in the application's queries: list it in origin/application/index.ts`,
      )
    } else if (matched.has(query)) mistakes.push(`${name} is answered twice: remove one`)
    else matched.set(query, one)
  }
  for (const query of queries) {
    if (matched.has(query)) continue
    const { name, on } = query
    mistakes.push(
      `query '${name}' of '${on.name}' has no handler: write answer(…) in origin/application/server/${name}.ts ` +
        'and list it in origin/application/server/index.ts',
    )
  }
  if (mistakes.length > 0) throw new ServerCodeError(mistakes.join('\n'))
  return matched
}
