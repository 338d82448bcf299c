import type {
  Action,
  ActionResource,
  ActionTarget,
  DocumentOf,
  Principal,
  RuleError,
} from '@spillway/origin/contract'
import type { Static, TObject } from 'typebox'
import type { ActionStore } from './action-store.ts'
import type { Guard } from './guards.ts'
import type { Refusal } from './refusal.ts'

/** All that a handler is given. It may run several times for one request: after another writer's change, on what is there then. */
export interface ActionContext<Act extends Action = Action> {
  /** The document that the path names, as it is stored; of a collection action `undefined`. */
  readonly document: DocumentFor<Act>
  /** The checked body. */
  readonly input: InputOf<Act>
  /** `undefined`: a caller without a token. */
  readonly principal: Principal | undefined
  /** Reads and writes documents. What is written happens all at once when the handler has returned, or not at all. */
  readonly store: ActionStore
  /** Time of the writes, RFC 3339 in UTC. */
  readonly now: string
  /** Aborted when the deadline has passed or the caller has left: to be handed to whatever the handler waits for. */
  readonly signal: AbortSignal
  /** The same for every run of this request, and for a retry of it with the same Idempotency-Key: a key for calls to others. */
  readonly requestKey: string
  /** Refuses with a reason of the action's `problems`: 409 `conflict`. To be returned; nothing is written. */
  refuse(reason: ReasonOf<Act>): Refusal
  /** Refuses the input: 422 with pointers into the body. To be returned; nothing is written. */
  invalid(errors: readonly RuleError[]): Refusal
}

type DocumentFor<Act> =
  Act extends Action<infer On, TObject, TObject | undefined, string, infer Target>
    ? Target extends 'collection'
      ? undefined
      : DocumentOf<On>
    : never

type InputOf<Act> = Act extends { readonly input: (infer Input extends TObject) | undefined }
  ? Static<Input>
  : never

type ReasonOf<Act> = Act extends { readonly problems: infer Problems } ? keyof Problems & string : never

/** Answer of a handler: the output's fields, or a refusal; without an `output`, whatever it returns is ignored. */
type ResultOf<Act> = Act extends { readonly output: infer Output }
  ? Output extends TObject
    ? Static<Output> | Refusal
    : unknown
  : never

export type ActionHandler<Act extends Action> = (
  context: ActionContext<Act>,
) => ResultOf<Act> | Promise<ResultOf<Act>>

/** An action with the code that does it. */
export interface Implementation {
  readonly action: Action
  readonly handler: (context: ActionContext) => unknown
}

/** Gives an action its handler. Server code: it is in no Worker's bundle. */
export function implement<
  On extends ActionResource,
  Input extends TObject,
  Output extends TObject | undefined,
  Reason extends string,
  Target extends ActionTarget,
>(
  action: Action<On, Input, Output, Reason, Target>,
  handler: ActionHandler<Action<On, Input, Output, Reason, Target>>,
): Implementation {
  // The casts: the two types belong together, and whoever runs the handler has checked what it is given by the action.
  return { action: action as unknown as Action, handler: handler as unknown as Implementation['handler'] }
}

/** Server code of an application. */
export interface ServerCode {
  readonly implementations: readonly Implementation[]
  readonly guards: readonly Guard[]
}

export const noServerCode: ServerCode = { implementations: [], guards: [] }

/** All server code of an application, as its entry point is given it. */
export const defineServer = (...parts: readonly (Implementation | Guard)[]): ServerCode => ({
  implementations: parts.filter((part) => 'handler' in part),
  guards: parts.filter((part) => 'judge' in part),
})
