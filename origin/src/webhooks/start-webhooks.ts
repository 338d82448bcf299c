import { setTimeout as sleep } from 'node:timers/promises'
import type { Catalogue } from '@spillway/origin/contract'
import { DeliveryLoop } from '../deliveries/delivery-loop.ts'
import type { DeliveryTotals } from '../deliveries/delivery-totals.ts'
import { type HoldOptions, holdTimes } from '../deliveries/hold-subscriber.ts'
import type { Lease } from '../jobs/lease.ts'
import { underLease } from '../jobs/under-lease.ts'
import { reasonOf } from '../store/database-error.ts'
import type { Webhook, WebhookStore } from './webhook-store.ts'
import { type WebhookSubscriberOptions, webhookSubscriber } from './webhook-subscriber.ts'

export interface StartWebhooksOptions
  extends Omit<HoldOptions, 'subscriber' | 'totals'>,
    Pick<WebhookSubscriberOptions, 'timeoutMs' | 'delaysMs'> {
  readonly webhooks: WebhookStore
  readonly catalogue: Catalogue
  readonly totals: DeliveryTotals
}

/** Calls of one receiver. */
interface Calls {
  readonly revision: number
  readonly stop: () => Promise<void>
  isOver: boolean
}

/** Name of the lease: one process calls all receivers. */
const webhooksLease = 'webhooks'

/** Starts this process's part in the webhooks; none for an application without events. @returns ends it */
export function startWebhooks(options: StartWebhooksOptions): () => Promise<void> {
  const hasEvents = [...options.catalogue.values()].some(({ events }) => events !== undefined)
  if (!hasEvents) return async () => {}
  const stopping = new AbortController()
  const held = hold(options, stopping.signal)
  return async () => {
    stopping.abort()
    await held
  }
}

async function hold(options: StartWebhooksOptions, signal: AbortSignal): Promise<void> {
  const { db, holder, isReady, observe, lease: times = holdTimes } = options
  const name = webhooksLease
  const onError = (error: unknown): void =>
    observe({ kind: 'interrupted', subscriber: name, reason: reasonOf(error) })
  const work = (lease: Lease<object>): Promise<void> => callAll(options, lease, signal)
  await underLease({ db, name, holder, times, isReady, onError }, work, signal)
}

/** Calls every receiver, each by a queue of its own, and follows changes of the receivers. */
async function callAll(
  options: StartWebhooksOptions,
  lease: Lease<object>,
  signal: AbortSignal,
): Promise<void> {
  const { webhooks, observe, lease: { lookMs } = holdTimes } = options
  const running = new Map<string, Calls>()
  observe({ kind: 'began', subscriber: webhooksLease })
  try {
    while (lease.isHeld && !signal.aborted) {
      const enabled = (await webhooks.list()).filter(({ disabled }) => disabled === undefined)
      const wanted = new Map(enabled.map((webhook) => [webhook._id, webhook]))
      for (const [id, calls] of running) {
        if (!calls.isOver && wanted.get(id)?.revision === calls.revision) continue
        // Waits for its calls, so that none of them overtakes those that follow.
        await calls.stop()
        running.delete(id)
      }
      for (const webhook of enabled)
        if (!running.has(webhook._id)) running.set(webhook._id, call(options, webhook, lease))
      await sleep(lookMs, undefined, { signal, ref: false })
    }
  } finally {
    await Promise.all([...running.values()].map(({ stop }) => stop()))
  }
}

function call(options: StartWebhooksOptions, webhook: Webhook, lease: Lease<object>): Calls {
  const { webhooks, observe, totals } = options
  const onGone = async (): Promise<void> => {
    await webhooks.disable(webhook._id, 'it answered 410 Gone')
  }
  const subscriber = webhookSubscriber(webhook, { ...options, onGone })
  const stopping = new AbortController()
  const loop = new DeliveryLoop({
    ...{ ...options, subscriber, totals: totals.of(subscriber.name) },
    isHeld: () => lease.isHeld,
  })
  const calls: Calls = {
    revision: webhook.revision,
    isOver: false,
    async stop() {
      stopping.abort()
      await run
    },
  }
  const run = loop
    .run(stopping.signal)
    .catch((error) => observe({ kind: 'interrupted', subscriber: subscriber.name, reason: reasonOf(error) }))
    .finally(() => {
      calls.isOver = true
    })
  return calls
}
