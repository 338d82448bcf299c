import type { ActionResource, NewApiKey, Rotation } from '@spillway/origin/contract'
import type { ActionContext } from '../action/implementation.ts'
import type { FurtherHandlers } from '../action/match-implementations.ts'
import { Refusal } from '../action/refusal.ts'
import { validationFailed } from '../http/validation-problem.ts'
import { type IssuedKey, KeyChanges, type KeyRefusal, type KeyResource } from './key-changes.ts'

/** The framework's handlers of the actions on API keys. */
export const keyHandlers: FurtherHandlers = {
  issueApiKey: (on) => async (context) => {
    const { input, principal } = context
    // The cast is safe: the action's schema has validated its input.
    return answer(context, await changes(context, on).issue(input as NewApiKey, principal?.subject))
  },
  rotateApiKey: (on) => async (context) =>
    // The cast is safe: the action's schema has validated its input.
    answer(context, await changes(context, on).rotate(idOf(context), context.input as Rotation)),
  revokeApiKey: (on) => (context) => changes(context, on).revoke(idOf(context)),
}

// The cast is safe: only the resource of the keys has these actions.
const changes = ({ store, now }: ActionContext, on: ActionResource): KeyChanges =>
  new KeyChanges(store, on as KeyResource, now)

// The cast is safe: a document action has a document.
const idOf = ({ document }: ActionContext): string => (document as { readonly id: string }).id

function answer({ refuse }: ActionContext, outcome: IssuedKey | KeyRefusal): IssuedKey | Refusal {
  if (typeof outcome !== 'string') return outcome
  if (outcome !== 'ends-in-the-past') return refuse(outcome)
  return new Refusal(validationFailed([{ pointer: '/expiresAt', detail: 'Must be a time in the future.' }]))
}
