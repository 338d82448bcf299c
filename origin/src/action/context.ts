import {
  type Action,
  type Principal,
  type Refuse,
  type RuleError,
  refusalProblem,
  refuser,
} from '@spillway/origin/contract'
import type { FastifyReply } from 'fastify'
import { validationFailed } from '../http/validation-problem.ts'
import type { ActionStore } from './action-store.ts'
import type { ActionContext } from './implementation.ts'
import { Refusal } from './refusal.ts'

export interface ContextParts {
  readonly action: Action
  readonly document: unknown
  readonly input: unknown
  readonly principal: Principal | undefined
  readonly store: ActionStore
  readonly now: string
  readonly requestKey: string
  readonly reply: FastifyReply
}

/** Context of a handler. The schemas of the action, from which its type is inferred, have validated its parts. */
export class Context implements ActionContext {
  readonly document: ActionContext['document']
  readonly input: ActionContext['input']
  readonly principal: Principal | undefined
  readonly store: ActionStore
  readonly now: string
  readonly requestKey: string
  readonly #refuse: Refuse
  readonly #reply: FastifyReply
  #controller: AbortController | undefined
  #isOver = false

  constructor({ action, document, input, principal, store, now, requestKey, reply }: ContextParts) {
    // The casts are safe, because the action's schemas have validated both values.
    this.document = document as ActionContext['document']
    this.input = input as ActionContext['input']
    this.principal = principal
    this.store = store
    this.now = now
    this.requestKey = requestKey
    this.#refuse = refuser(action.problems, `the action '${action.name}'`)
    this.#reply = reply
  }

  /** perf: created on demand, because most handlers wait for nothing but the store. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController()
      this.#controller = controller
      // The connection closes when the answer has ended, and when the caller leaves.
      this.#reply.raw.once('close', () => controller.abort())
      if (this.#isOver) controller.abort()
    }
    return this.#controller.signal
  }

  readonly refuse = (reason: string, detail?: string): Refusal =>
    new Refusal(refusalProblem(this.#refuse(reason, detail)))

  readonly invalid = (errors: readonly RuleError[]): Refusal => new Refusal(validationFailed(errors))

  end(): void {
    this.#isOver = true
    this.#controller?.abort()
  }
}
