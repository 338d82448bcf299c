import type { Application } from '@spillway/origin/contract'
import { ServerCodeError } from '../action/match-implementations.ts'

/** Code that no request runs. */
export interface BackgroundCode {
  readonly handlers: readonly {
    readonly name: string
    readonly resource: { readonly name: string }
  }[]
  readonly schedules: readonly { readonly name: string }[]
}

/**
 * Checks handlers of events and jobs against the application.
 *
 * @throws {ServerCodeError} that lists every mistake with its fix
 */
export function matchBackground({ resources }: Application, { handlers, schedules }: BackgroundCode): void {
  const mistakes = handlers.flatMap(({ name, resource }) => {
    const known = resources.get(resource.name)
    if (known === undefined)
      return [
        `handler '${name}' is on '${resource.name}', which is not in the application's resources: add it`,
      ]
    return known.events === undefined
      ? [`handler '${name}' is on '${resource.name}', which has no events: give it events: true`]
      : []
  })
  mistakes.push(...twice('handlers', handlers), ...twice('jobs', schedules))
  if (mistakes.length > 0) throw new ServerCodeError(mistakes.join('\n'))
}

const twice = (kind: string, named: readonly { readonly name: string }[]): readonly string[] => {
  const names = named.map(({ name }) => name)
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(
    (name) => `two ${kind} have the name '${name}': rename one of them`,
  )
}
