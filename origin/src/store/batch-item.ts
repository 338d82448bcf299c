import { type Priority, priorityRank } from '@spillway/origin/contract'

export interface BatchItem<Value, Outcome> {
  readonly value: Value
  /** The latest deadline of its callers, in ms of the clock: until then the outcome is of use. */
  readonly deadline: number
  readonly isSettled: boolean
  /** Settles the item; only the first outcome counts. */
  settle(outcome: Outcome): void
  /** Rejects the callers' promises, for a defect. Callers who have an outcome are not affected. */
  fail(error: unknown): void
}

/** Whether a caller has left; an `AbortSignal` is one. perf: polled, because a listener per call would cost more. */
export interface Departure {
  readonly aborted: boolean
  /** Request that waits, by which its span is known. */
  readonly source?: object
}

/** One item of work. Callers who submit an equal key while it waits share its outcome. */
export interface Submission<Value> {
  readonly key: string
  readonly value: Value
  /** Bytes that the item adds to a batch. */
  readonly bytes: number
}

export interface Waiting {
  /** In ms of the clock. */
  readonly deadline: number
  readonly signal?: Departure | undefined
  /** @default normal */
  readonly priority?: Priority | undefined
}

/** Rank of a caller's priority; 0 is the most important. */
export const rankOf = ({ priority }: Waiting): number => priorityRank(priority ?? 'normal')

export interface Caller<Outcome> extends Waiting {
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

/** An item that waits or is in flight, with everyone who waits for its outcome. */
export class Item<Value, Outcome> implements BatchItem<Value, Outcome> {
  readonly key: string
  readonly value: Value
  readonly bytes: number
  readonly since: number
  callers: Caller<Outcome>[]
  deadline: number
  /** Rank of its most important caller. */
  rank: number
  readonly #onSettled: (item: Item<Value, Outcome>) => void
  isSettled = false

  constructor(
    { key, value, bytes }: Submission<Value>,
    since: number,
    caller: Caller<Outcome>,
    onSettled: (item: Item<Value, Outcome>) => void,
  ) {
    this.key = key
    this.value = value
    this.bytes = bytes
    this.since = since
    this.callers = [caller]
    this.deadline = caller.deadline
    this.rank = rankOf(caller)
    this.#onSettled = onSettled
  }

  hasLateCaller(now: number): boolean {
    for (const caller of this.callers) if (lateness(caller, now) !== undefined) return true
    return false
  }

  settle(outcome: Outcome): void {
    if (this.isSettled) return
    this.isSettled = true
    for (const caller of this.callers) caller.resolve(outcome)
    this.#onSettled(this)
  }

  fail(error: unknown): void {
    if (this.isSettled) return
    this.isSettled = true
    for (const caller of this.callers) caller.reject(error)
    this.#onSettled(this)
  }
}

/**
 * Checks the deadline before the departure: `overtaken` may keep a caller who has left, but only until its deadline.
 */
export function lateness(
  { signal, deadline }: Pick<Caller<never>, 'signal' | 'deadline'>,
  now: number,
): 'deadline' | 'aborted' | undefined {
  if (deadline <= now) return 'deadline'
  return signal?.aborted === true ? 'aborted' : undefined
}
