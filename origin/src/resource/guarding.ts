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

/** A write as a guard is asked about it, when the resource's own rules have nothing against it. */
export interface GuardedWrite {
  readonly resource: Resource
  /** `undefined`: a new document. */
  readonly id: string | undefined
  /** Stored fields as they would be; `undefined`: the document is to be deleted. */
  readonly fields: Fields | undefined
  /** Stored fields as they were read; `undefined`: a new document. */
  readonly before: Fields | undefined
  readonly operation: WriteOperation | 'delete'
  readonly principal: Principal | undefined
  /** Milliseconds since the epoch. */
  readonly nowMs: number
  readonly call: Call
  /** Errors of the stored form in the names of the request's version. @default as they are */
  readonly shown?: (errors: readonly FieldError[]) => readonly FieldError[]
  /** Documents as an action's handler has seen or left them; `undefined`: it has not asked for this one. */
  readonly seen?: (resource: Resource, id: string) => { readonly fields: Fields | undefined } | undefined
}

/** Asks the guards of the resource. @returns documents that must be unchanged when the write happens, or the refusal */
export type AskGuards = (write: GuardedWrite) => Promise<Parsed<readonly Unchanged[]>>

/** Several questions as one, asked in order; `undefined`: there is none. */
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

/** For a resource without guards. */
export const noGuards: AskGuards = () => Promise.resolve({ ok: true, value: [] })
