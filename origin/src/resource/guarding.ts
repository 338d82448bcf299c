import type {
  FieldError,
  Fields,
  Parsed,
  Principal,
  Resource,
  WriteOperation,
} from '@spillway/origin/contract'
import type { Call, Unchanged } from '../store/repository.ts'
import { mergeRequired } from './merge-required.ts'

/** A write that the resource's own rules allow, as its guards see it. */
export interface GuardedWrite {
  readonly resource: Resource
  /** `undefined` for a new document. */
  readonly id: string | undefined
  /** Stored fields after the write; `undefined` for a delete. */
  readonly fields: Fields | undefined
  /** Stored fields before the write; `undefined` for a create. */
  readonly before: Fields | undefined
  readonly operation: WriteOperation | 'delete'
  readonly principal: Principal | undefined
  /** Milliseconds since the epoch. */
  readonly nowMs: number
  readonly call: Call
  /** Translates errors of the stored fields into the field names of the request's version. @default unchanged */
  readonly shown?: (errors: readonly FieldError[]) => readonly FieldError[]
  /** Documents as an action's handler has read or written them; `undefined` for others. */
  readonly seen?: (resource: Resource, id: string) => { readonly fields: Fields | undefined } | undefined
}

/** Asks the guards of the resource. @returns documents that must still be unchanged at the write, or the refusal */
export type AskGuards = (write: GuardedWrite) => Promise<Parsed<readonly Unchanged[]>>

/** Combines several guards into one that asks them in order; `undefined` if there is none. */
export function askInOrder(...questions: readonly (AskGuards | undefined)[]): AskGuards | undefined {
  const asked = questions.filter((ask) => ask !== undefined)
  if (asked.length < 2) return asked[0]
  return async (write) => {
    const required: Unchanged[] = []
    for (const ask of asked) {
      const verdict = await ask(write)
      if (!verdict.ok) return verdict
      required.push(...verdict.value)
    }
    return { ok: true, value: mergeRequired(required) }
  }
}

/** Allows every write: for a resource without guards. */
export const noGuards: AskGuards = () => Promise.resolve({ ok: true, value: [] })
