import type { AccessRule } from './access.ts'
import type { Action, ActionResource } from './action.ts'
import { deadline } from './deadline.ts'
import type { SoftDeleteOptions } from './definition.ts'

/** Name of the action, and so the path segment: `POST /v1/articles/{id}/restore`. */
export const restoreName = 'restore'

/**
 * The action that restores a deleted document as its next version.
 *
 * @param deletion rule of deletions, which also applies to restoring unless the options have another one
 */
export const restoreAction = (
  on: ActionResource,
  { keep, restore }: SoftDeleteOptions,
  deletion: AccessRule,
): Action => ({
  name: restoreName,
  description: `Restores a deleted document, up to ${keep} after its deletion. A document that is not deleted stays as it is.`,
  on,
  target: 'document',
  access: restore ?? deletion,
  input: undefined,
  output: undefined,
  problems: {},
  writes: [on],
  priority: on.priority,
  timeoutMs: deadline.budgetMs,
  versions: [...on.versions.keys()],
  builtIn: 'restore',
})
