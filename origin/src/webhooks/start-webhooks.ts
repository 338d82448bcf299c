import { setTimeout as sleep } from 'node:timers/promises'
import type { Catalogue } from '@spillway/origin/contract'
import { DeliveryLoop } from '../deliveries/delivery-loop.ts'
import type { DeliveryTotals } from '../deliveries/delivery-totals.ts'
import { type HoldOptions, holdTimes } from '../deliveries/hold-subscriber.ts'
import type { Lease } from '../jobs/lease.ts'
import { underLease } from '../jobs/under-lease.ts'
import { reasonOf } from '../store/database-error.ts'
import type { Webhook, WebhookSource } from './webhook-store.ts'
import { type WebhookSubscriberOptions, webhookSubscriber } from './webhook-subscriber.ts'

export interface StartWebhooksOptions
  extends Omit<HoldOptions, 'subscriber' | 'totals'>,
    Pick<WebhookSubscriberOptions, 'timeoutMs' | 'delaysMs'> {
  /** Receivers of operators, and those of the API. */
  readonly sources: readonly WebhookSource[]
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
  const { sources, observe, lease: { pollMs } = holdTimes } = options
  const running = new Map<string, Calls>()
  observe({ kind: 'began', subscriber: webhooksLease })
  try {
    while (lease.isHeld && !signal.aborted) {
      const wanted = new Map<string, readonly [Webhook, WebhookSource]>()
      for (const source of sources)
        for (const webhook of await source.list())
          if (webhook.disabled === undefined) wanted.set(webhook._id, [webhook, source])
      for (const [id, calls] of running) {
        if (!calls.isOver && wanted.get(id)?.[0].revision === calls.revision) continue
        // Waits for its calls, so that none of them overtakes those that follow.
        await calls.stop()
        running.delete(id)
      }
      for (const [id, [webhook, source]] of wanted)
        if (!running.has(id)) running.set(id, call({ ...options, source }, webhook, lease))
      await sleep(pollMs, undefined, { signal, ref: false })
    }
  } finally {
    await Promise.all([...running.values()].map(({ stop }) => stop()))
  }
}

function call(
  options: StartWebhooksOptions & { readonly source: WebhookSource },
  webhook: Webhook,
  lease: Lease<object>,
): Calls {
  const { source, observe, totals } = options
  const onGone = async (): Promise<void> => {
    await source.disable(webhook._id, 'it answered 410 Gone')
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
