import {
  type ActionResource,
  type Catalogue,
  type Conflict,
  conflictProblem,
  type FieldsOf,
  type Principal,
  ProblemError,
  type Resource,
  type RuleError,
  type WriteOperation,
} from '@spillway/origin/contract'
import { validationFailed } from '../http/validation-problem.ts'
import type { AskGuards, GuardedWrite } from '../resource/guarding.ts'
import { mergeRequired } from '../resource/merge-required.ts'
import type { Repository, Unchanged } from '../store/repository.ts'
import type { ActionStore } from './action-store.ts'
import { inTime, late } from './in-time.ts'
import { Work } from './work.ts'

/** All that a guard is given. It may run several times for one write. */
export interface GuardContext<On extends ActionResource = ActionResource> {
  /** The document as it would be stored; `undefined`: it is to be deleted. */
  readonly fields: FieldsOf<On> | undefined
  /** The document as it was read; `undefined`: a new one. */
  readonly before: FieldsOf<On> | undefined
  /** `undefined`: a new one. */
  readonly id: string | undefined
  readonly operation: WriteOperation | 'delete'
  readonly principal: Principal | undefined
  /** Time of the write, RFC 3339 in UTC. */
  readonly now: string
  /** Reads other documents; the write happens only if those that are read `unchanged` or locked still are as they were. */
  readonly store: Pick<ActionStore, 'get' | 'lock' | 'list' | 'find'>
}

/** Mistakes (422), a conflict (409), or nothing. */
type Verdict = readonly RuleError[] | Conflict | undefined

/** A guard as it is run. */
export interface Guard {
  readonly resource: ActionResource
  readonly judge: (context: GuardContext) => Promise<Verdict>
}

/** Judges every write to a resource by what other documents are. Server code: it is in no Worker's bundle. */
export function guard<On extends ActionResource>(
  resource: On,
  judge: (context: GuardContext<On>) => Promise<Verdict>,
): Guard {
  // The cast: whoever runs it gives it documents of this resource.
  return { resource, judge: judge as unknown as Guard['judge'] }
}

export interface GuardsOptions {
  readonly catalogue: Catalogue
  readonly repository: Repository
  readonly guards: readonly Guard[]
}

/** The guards of a resource, as one question; `undefined`: it has none. */
export function compileGuards(
  { catalogue, repository, guards }: GuardsOptions,
  { name }: Resource,
): AskGuards | undefined {
  const own = guards.filter(({ resource }) => resource.name === name)
  if (own.length === 0) return undefined
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
        const refusal = await judgeInTime(judge, write, { now, store })
        if (refusal !== undefined) return { ok: false, problem: refusal }
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

async function judgeInTime(
  judge: Guard['judge'],
  { id, fields, before, operation, principal, call, shown = (same) => same }: GuardedWrite,
  given: Pick<GuardContext, 'now' | 'store'>,
) {
  // The cast: stored fields, checked by the schema that the guard's type is taken from.
  const context = { ...given, id, fields, before, operation, principal } as unknown as GuardContext
  const verdict = await inTime(judge(context), call.deadline)
  if (verdict === late) {
    const detail = 'The write could not be judged before its deadline. Nothing was done.'
    return { code: 'deadline-exceeded', detail, retryAfterSeconds: 1 } as const
  }
  if (verdict === undefined) return undefined
  if ('kind' in verdict) return conflictProblem(verdict)
  return verdict.length === 0 ? undefined : validationFailed(shown(verdict))
}
