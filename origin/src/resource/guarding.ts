import type { Fields, Parsed, Principal, Resource, WriteOperation } from '@spillway/origin/contract'
import type { Call, Unchanged } from '../store/repository.ts'

/** A write as a guard is asked about it, when the resource's own rules have nothing against it. */
export interface GuardedWrite {
  readonly resource: Resource
  /** Stored fields as they would be; `undefined`: the document is to be deleted. */
  readonly fields: Fields | undefined
  /** Stored fields as they were read; `undefined`: a new document. */
  readonly before: Fields | undefined
  readonly operation: WriteOperation | 'delete'
  readonly principal: Principal | undefined
  /** Milliseconds since the epoch. */
  readonly nowMs: number
  readonly call: Call
}

/** Asks the guards of the resource. @returns documents that must be unchanged when the write happens, or the refusal */
export type AskGuards = (write: GuardedWrite) => Promise<Parsed<readonly Unchanged[]>>

/** For a resource without guards. */
export const noGuards: AskGuards = () => Promise.resolve({ ok: true, value: [] })
