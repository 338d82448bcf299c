import { type Catalogue, eventTypes, liveVersions } from '@spillway/origin/contract'
import type { Subscriber } from '../deliveries/subscriber.ts'
import type { Change } from '../store/change-log.ts'
import { sendWebhook } from './send-webhook.ts'
import { signedHeaders } from './signature.ts'
import { secretsAt, subscriberName, type Webhook } from './webhook-store.ts'

const [minuteMs, hourMs] = [60_000, 3_600_000]

/** Times between attempts, in ms: the schedule that Standard Webhooks recommends, ten attempts in about three days. */
export const webhookDelaysMs: readonly number[] = [
  ...[5_000, 5 * minuteMs, 30 * minuteMs],
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * hourMs),
]

export interface WebhookSubscriberOptions {
  readonly catalogue: Catalogue
  /** Time limit of a call, in ms. @default 15 000 */
  readonly timeoutMs?: number
  /** @default webhookDelaysMs */
  readonly delaysMs?: readonly number[]
  /** Stops all further calls: the receiver has said that it is gone. */
  readonly onGone: () => Promise<void>
}

/** Calls of one receiver at the same time. */
const concurrency = 8

export function webhookSubscriber(webhook: Webhook, options: WebhookSubscriberOptions): Subscriber {
  const { catalogue, timeoutMs = 15_000, delaysMs = webhookDelaysMs, onGone } = options
  const { _id: id, url, allowsPrivate, resources, types = eventTypes } = webhook
  return {
    name: webhook.subscriber ?? subscriberName(id),
    ...(webhook.from !== undefined && { from: webhook.from }),
    wants: ({ resource, type }) =>
      types.includes(type) && catalogue.has(resource) && (resources?.includes(resource) ?? true),
    concurrency,
    delaysMs,
    async deliver(change, { signal }) {
      const nowMs = Date.now()
      const body = bodyOf(change, catalogue)
      // The id of a write has a full stop between its two parts.
      const message = {
        id: `evt_${change.event.replace('.', '-')}`,
        timestamp: Math.floor(nowMs / 1_000),
        body,
      }
      const outcome = await sendWebhook({
        ...{ url: new URL(url), body, allowsPrivate, timeoutMs, signal },
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Spillway-Webhooks',
          ...signedHeaders(message, secretsAt(webhook, nowMs)),
        },
      })
      if ('reason' in outcome) return { reason: outcome.reason }
      const { status, retryAfterMs } = outcome
      if (status >= 200 && status < 300) return undefined
      const reason = `status ${status}`
      if (status === 410) {
        await onGone()
        return { reason, ends: true }
      }
      return { reason, ...(retryAfterMs !== undefined && { notBeforeMs: retryAfterMs }) }
    },
  }
}

/** A thin message: what happened to which document, and where its present state can be read. */
function bodyOf(
  { resource, type, document, version, at, changed, _id }: Change,
  catalogue: Catalogue,
): string {
  return JSON.stringify({
    type: `${resource}.${type}`,
    timestamp: at,
    data: {
      ...{ resource, id: document, version, position: _id },
      ...(changed !== undefined && { changed }),
      href: `/${newestVersion(catalogue, resource)}/${resource}/${document}`,
    },
  })
}

/** The last version that is not deprecated, or the last one. */
function newestVersion(catalogue: Catalogue, resource: string): string {
  const found = catalogue.get(resource)
  if (found === undefined) return ''
  return liveVersions(found).at(-1) ?? [...found.versions.keys()].at(-1) ?? ''
}
