import type { Db } from 'mongodb'
import type { Lease, LeaseTimes } from '../jobs/lease.ts'
import { underLease } from '../jobs/under-lease.ts'
import { changesCollection } from '../store/change-log.ts'
import { reasonOf } from '../store/database-error.ts'
import { deliveriesCollection } from '../store/delivery-store.ts'
import { DeliveryLoop, type DeliveryLoopOptions } from './delivery-loop.ts'

export interface HoldOptions extends Omit<DeliveryLoopOptions, 'isHeld'> {
  readonly db: Db
  /** Name of this process, unique among all. */
  readonly holder: string
  /** Whether the indexes are built that deliveries need. */
  readonly isReady: () => boolean
  readonly lease?: HoldTimes
}

export interface HoldTimes extends LeaseTimes {
  /** Interval at which a process without the lease tries to get it, in ms. @default 2 000 */
  readonly pollMs: number
}

export const holdTimes: HoldTimes = { beatMs: 2_000, silenceMs: 10_000, pollMs: 2_000 }

/** Whether deliveries need the index of this name. */
export const isOfDeliveries = (index: string): boolean =>
  index.startsWith(`${changesCollection}.`) || index.startsWith(`${deliveriesCollection}.`)

/** Delivers to a subscriber while this process has its lease, until the signal is aborted. */
export async function holdSubscriber(options: HoldOptions, signal: AbortSignal): Promise<void> {
  const { db, holder, isReady, subscriber, observe, lease: times = holdTimes } = options
  const { name } = subscriber
  const onError = (error: unknown): void =>
    observe({ kind: 'interrupted', subscriber: name, reason: reasonOf(error) })
  const deliver = async (lease: Lease<object>): Promise<void> => {
    observe({ kind: 'began', subscriber: name })
    while (lease.isHeld && !signal.aborted) {
      // One that ends has lost its position to an operator, who moved it.
      await new DeliveryLoop({ ...options, isHeld: () => lease.isHeld }).run(signal)
    }
  }
  await underLease({ db, name, holder, times, isReady, onError }, deliver, signal)
}
