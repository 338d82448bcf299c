import type {
  Action,
  ActionOutput,
  ActionResource,
  ActionTarget,
  DocumentOf,
  Principal,
  RuleError,
} from '@spillway/origin/contract'
import type { Static, TObject } from 'typebox'
import type { ActionStore } from './action-store.ts'
import type { Refusal } from './refusal.ts'

/**
 * Context of a handler. A handler may run several times for one request: after a concurrent write it runs on the new
 * state.
 */
export interface ActionContext<Act extends Action = Action> {
  /** The document of the path, as stored; `undefined` for a collection action. */
  readonly document: DocumentFor<Act>
  /** The validated body. */
  readonly input: InputOf<Act>
  /** `undefined` for a caller without a token. */
  readonly principal: Principal | undefined
  /** Reads and writes documents. Writes are committed together when the handler has returned, or not at all. */
  readonly store: ActionStore
  /** Time of the writes, RFC 3339 in UTC. */
  readonly now: string
  /** Aborted when the deadline has passed or the caller has left. Pass it to everything that the handler awaits. */
  readonly signal: AbortSignal
  /**
   * Equal for every run of this request, and for a retry with the same Idempotency-Key: use it as the key of outgoing
   * calls.
   */
  readonly requestKey: string
  /**
   * Refuses with a reason from the action's `problems`. Return its result; nothing is written.
   *
   * @param detail in place of the declared text
   */
  refuse(reason: ReasonOf<Act>, detail?: string): Refusal
  /** Refuses the input: 422 with pointers into the body. Return its result; nothing is written. */
  invalid(errors: readonly RuleError[]): Refusal
}

type DocumentFor<Act> =
  Act extends Action<infer On, TObject, ActionOutput, string, infer Target>
    ? Target extends 'collection'
      ? undefined
      : DocumentOf<On>
    : never

type InputOf<Act> = Act extends { readonly input: (infer Input extends TObject) | undefined }
  ? Static<Input>
  : never

type ReasonOf<Act> = Act extends { readonly problems: infer Problems } ? keyof Problems & string : never

/** Result of a handler: the output's fields or document, or a refusal. Without an `output`, any result is ignored. */
type ResultOf<Act> = Act extends { readonly output: infer Output }
  ? Output extends TObject
    ? Static<Output> | Refusal
    : Output extends ActionResource
      ? DocumentOf<Output> | Refusal
      : unknown
  : never

export type ActionHandler<Act extends Action> = (
  context: ActionContext<Act>,
) => ResultOf<Act> | Promise<ResultOf<Act>>

/** An action with its handler. */
export interface Implementation {
  readonly action: Action
  readonly handler: (context: ActionContext) => unknown
}

/** Defines the handler of an action. Server code: never bundled into the Worker. */
export function implement<
  On extends ActionResource,
  Input extends TObject,
  Output extends ActionOutput,
  Reason extends string,
  Target extends ActionTarget,
>(
  action: Action<On, Input, Output, Reason, Target>,
  handler: ActionHandler<Action<On, Input, Output, Reason, Target>>,
): Implementation {
  // The casts are safe: they only hide the type parameters, which match each other, and action-handler.ts validates the
  // handler's arguments by the action's schemas.
  return { action: action as unknown as Action, handler: handler as unknown as Implementation['handler'] }
}
