import {
  type ActionResource,
  claimValues,
  keyClaim,
  type NewApiKey,
  type NewOwnKey,
  type Rotation,
} from '@spillway/origin/contract'
import type { ActionContext } from '../action/implementation.ts'
import type { FurtherHandlers } from '../action/match-implementations.ts'
import type { Refusal } from '../action/refusal.ts'
import {
  type IssuedKey,
  KeyChanges,
  type KeyRefusal,
  type KeyResource,
  type OwnKeyRefusal,
} from './key-changes.ts'

/** The framework's handlers of the actions on API keys. */
export const keyHandlers: FurtherHandlers = {
  issueApiKey: (on) => async (context) => {
    const { input, principal } = context
    // The cast is safe: the action's schema has validated its input.
    return answer(context, await changes(context, on).issue(input as NewApiKey, principal?.subject))
  },
  issueOwnApiKey: (on) => async (context) => {
    const { input, principal, refuse, invalid } = context
    if (principal === undefined || claimValues(principal, keyClaim).length > 0) return refuse('asked-by-key')
    // The cast is safe: the action's schema has validated its input.
    const asked = input as NewOwnKey
    const wider = asked.scopes.flatMap((scope, index) =>
      principal.scopes.includes(scope)
        ? []
        : [{ pointer: `/scopes/${index}`, detail: 'Must be one of your own scopes.' } as const],
    )
    if (wider.length > 0) return invalid(wider)
    return answer(context, await changes(context, on).issueOwn(asked, principal))
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

function answer(
  { refuse, invalid }: ActionContext,
  outcome: IssuedKey | KeyRefusal | OwnKeyRefusal,
): IssuedKey | Refusal {
  if (typeof outcome !== 'string') return outcome
  const ends = { 'ends-in-the-past': 'a time in the future', 'ends-too-late': 'sooner' }
  if (outcome !== 'ends-in-the-past' && outcome !== 'ends-too-late') return refuse(outcome)
  return invalid([{ pointer: '/expiresAt', detail: `Must be ${ends[outcome]}.` }])
}
