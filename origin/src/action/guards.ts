import {
  type ActionResource,
  type Catalogue,
  type FieldsOf,
  type Principal,
  type Problem,
  ProblemError,
  type Refuse,
  type Refused,
  type Resource,
  type RuleError,
  refusalProblem,
  refuser,
  requireDeclared,
  type WriteOperation,
} from '@spillway/origin/contract'
import { validationFailed } from '../http/validation-problem.ts'
import { answerMs, inTime, late } from '../lib/in-time.ts'
import { ofCode } from '../lib/own-time.ts'
import type { AskGuards, GuardedWrite } from '../resource/guarding.ts'
import { mergeRequired } from '../resource/merge-required.ts'
import type { Repository, Unchanged } from '../store/repository.ts'
import type { ActionStore } from './action-store.ts'
import { Work } from './work.ts'

/** Arguments of a guard. A guard may run several times for one write. */
export interface GuardContext<On extends ActionResource = ActionResource> {
  /** The document after the write; `undefined` for a delete. */
  readonly fields: FieldsOf<On> | undefined
  /** The document before the write; `undefined` for a create. */
  readonly before: FieldsOf<On> | undefined
  /** `undefined` for a new document. */
  readonly id: string | undefined
  readonly operation: WriteOperation | 'delete'
  readonly principal: Principal | undefined
  /** Time of the write, RFC 3339 in UTC. */
  readonly now: string
  /** Reads other documents. The write happens only if those read `unchanged` or locked have not changed since. */
  readonly store: Pick<ActionStore, 'get' | 'lock' | 'list' | 'find'>
  /** Refuses with a reason from the resource's `problems`. */
  readonly refuse: Refuse<ReasonOf<On>>
}

type ReasonOf<On> = On extends { readonly problems: infer Problems } ? keyof Problems & string : never

/** Field errors (422), a refusal, or `undefined` to allow the write. */
type Verdict = readonly RuleError[] | Refused | undefined

/** A guard, without its document type. */
export interface Guard {
  readonly resource: ActionResource
  readonly judge: (context: GuardContext) => Promise<Verdict>
}

/**
 * Defines a guard: it judges every write to a resource by other documents. Server code: never bundled into the Worker.
 */
export function guard<On extends ActionResource>(
  resource: On,
  judge: (context: GuardContext<On>) => Promise<Verdict>,
): Guard {
  // The cast is safe: `compileGuards` passes a guard only documents of its own resource.
  return { resource, judge: judge as unknown as Guard['judge'] }
}

export interface GuardsOptions {
  readonly catalogue: Catalogue
  readonly repository: Repository
  readonly guards: readonly Guard[]
}

/** The guards of a resource, combined; `undefined` if it has none. */
export function compileGuards(
  { catalogue, repository, guards }: GuardsOptions,
  { name, problems }: Resource,
): AskGuards | undefined {
  const own = guards.filter(({ resource }) => resource.name === name)
  if (own.length === 0) return undefined
  const refuse = refuser(problems, `'${name}'`)
  return async (write) => {
    const { principal, nowMs, call } = write
    const now = new Date(nowMs).toISOString()
    const required: Unchanged[] = []
    for (const { judge } of own) {
      const store = new Work({
        ...{ catalogue, repository, principal, now, call },
        writable: new Set(),
        storedCheck: () => () => [],
      })
      try {
        const verdict = await judgeInTime(judge, write, { now, store, refuse })
        if (isRefused(verdict)) requireDeclared(problems, `'${name}'`, verdict)
        const problem = problemOf(verdict, write)
        if (problem !== undefined) return { ok: false, problem }
      } catch (error) {
        if (error instanceof ProblemError) return { ok: false, problem: error.problem }
        throw error
      } finally {
        store.end()
      }
      required.push(...store.changes().filter((change) => change.kind === 'unchanged'))
    }
    return { ok: true, value: mergeRequired(required) }
  }
}

const isRefused = (verdict: Verdict | typeof late): verdict is Refused =>
  typeof verdict === 'object' && 'kind' in verdict

async function judgeInTime(
  judge: Guard['judge'],
  { id, fields, before, operation, principal, call }: GuardedWrite,
  given: Pick<GuardContext, 'now' | 'store' | 'refuse'>,
): Promise<Verdict | typeof late> {
  // The cast is safe: the schema from which the guard's type is inferred has validated the stored fields.
  const context = { ...given, id, fields, before, operation, principal } as unknown as GuardContext
  return await ofCode(call, () => inTime(judge(context), call.deadline - answerMs))
}

function problemOf(
  verdict: Verdict | typeof late,
  { shown = (same) => same }: GuardedWrite,
): Problem | undefined {
  if (verdict === undefined) return undefined
  if (verdict === late) return tooLate
  if (isRefused(verdict)) return refusalProblem(verdict)
  return verdict.length === 0 ? undefined : validationFailed(shown(verdict))
}

const tooLate: Problem = {
  code: 'deadline-exceeded',
  detail: 'The write could not be checked before its deadline. Nothing was done.',
  retryAfterSeconds: 1,
}
