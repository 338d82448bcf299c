import type { Change } from '../store/change-log.ts'

/** Something that gets events from the log of changes: a handler of the application, or a webhook. */
export interface Subscriber {
  /** Name under which its position is stored, e.g. `handler:tell-host`. */
  readonly name: string
  /** The only resource whose events it gets. @default any */
  readonly resource?: string
  /** Position after which it gets events when it is new. @default the last one at its first start */
  readonly from?: number
  wants(change: Change): boolean
  /** Events of different documents that it gets at the same time. */
  readonly concurrency: number
  /** Times between attempts, in ms: one attempt more than times. */
  readonly delaysMs: readonly number[]
  /** Gives it an event. Never throws. @returns `undefined` if it has taken it */
  deliver(change: Change, options: DeliveryOptions): Promise<Failure | undefined>
}

export interface DeliveryOptions {
  /** Number of this attempt, from 1. */
  readonly attempt: number
  /** Aborted when the process stops: the attempt does not count then. */
  readonly signal: AbortSignal
}

export interface Failure {
  /** For operators; no secret. */
  readonly reason: string
  /** Time before which it is not tried again, in ms. @default that of the schedule */
  readonly notBeforeMs?: number
  /** Whether nothing more is to be delivered at all: the position stays. @default false */
  readonly ends?: boolean
}

/** Event in the life of a delivery, for logs and metrics. */
export type DeliveryObservation = { readonly subscriber: string } & (
  | { readonly kind: 'began' }
  | ({ readonly kind: 'failed' | 'dead' } & FailedEvent)
  /** Events have expired before they were delivered: from the position after `after` to the one before `next`. */
  | { readonly kind: 'missed'; readonly after: number; readonly next: number }
  | { readonly kind: 'interrupted'; readonly reason: string }
)

interface FailedEvent {
  readonly event: string
  readonly document: string
  readonly attempt: number
  readonly reason: string
}
