import type { SystemWork } from '../background/system-work.ts'
import type { DeliveryTotals } from '../deliveries/delivery-totals.ts'
import { type HoldOptions, holdSubscriber } from '../deliveries/hold-subscriber.ts'
import { handlerDelaysMs, handlerSubscriber } from './handler-subscriber.ts'
import type { EventHandler } from './on.ts'

export interface StartHandlersOptions extends Omit<HoldOptions, 'subscriber' | 'totals'> {
  readonly handlers: readonly EventHandler[]
  readonly work: SystemWork
  readonly totals: DeliveryTotals
  /** Times between attempts, in ms. @default handlerDelaysMs */
  readonly delaysMs?: readonly number[]
}

/** Starts this process's part in the handling of events. @returns ends it */
export function startHandlers(options: StartHandlersOptions): () => Promise<void> {
  const { handlers, work, totals, delaysMs = handlerDelaysMs, ...others } = options
  const stopping = new AbortController()
  const held = handlers.map((handler) => {
    const subscriber = handlerSubscriber(handler, work, delaysMs)
    return holdSubscriber({ ...others, subscriber, totals: totals.of(subscriber.name) }, stopping.signal)
  })
  return async () => {
    stopping.abort()
    await Promise.all(held)
  }
}
