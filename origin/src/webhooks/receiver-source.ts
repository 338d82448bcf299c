import type { ActionResource } from '@spillway/origin/contract'
import type { SystemWork } from '../background/system-work.ts'
import type { DeliveryStore } from '../store/delivery-store.ts'
import type { ReceiverSecrets } from './receiver-secrets.ts'
import type { ReceiverDocument, StoredReceivers } from './stored-receivers.ts'
import type { Webhook, WebhookSource } from './webhook-store.ts'

const prefix = 'receiver:'

/** Name of a receiver of the API among all subscribers. */
export const receiverSubscriber = (id: string): string => `${prefix}${id}`

export interface ReceiverSourceOptions {
  readonly receivers: StoredReceivers
  readonly secrets: ReceiverSecrets
  readonly deliveries: DeliveryStore
  readonly work: SystemWork
  readonly resource: ActionResource
  readonly allowsPrivate: boolean
}

const timeoutMs = 10_000

/** Receivers that callers of the API have registered. */
export class ReceiverSource implements WebhookSource {
  readonly #options: ReceiverSourceOptions
  #known: ReadonlySet<string> | undefined

  constructor(options: ReceiverSourceOptions) {
    this.#options = options
  }

  async list(): Promise<readonly Webhook[]> {
    const found = await this.#options.receivers.list()
    await this.#forgetRemoved(new Set(found.map(({ _id }) => _id)))
    return found.map((one) => this.#webhookOf(one))
  }

  async disable(id: string, reason: string): Promise<void> {
    const { work, resource } = this.#options
    const options = { signal: AbortSignal.timeout(timeoutMs), deadline: performance.now() + timeoutMs }
    await work.transact(async (store) => {
      if ((await store.get(resource, id)) === undefined) return
      // The cast is safe: both are fields of every receiver, whose schema the store checks again.
      await store.update(resource, id, { enabled: false, disabledBecause: reason } as never)
    }, options)
  }

  #webhookOf({
    _id,
    _v,
    _created,
    url,
    resources,
    types,
    enabled,
    secrets,
    from,
  }: ReceiverDocument): Webhook {
    const derived = secrets.flatMap(({ until, ...one }) => {
      const secret = this.#options.secrets.of(_id, one)
      return secret === undefined ? [] : [{ secret, ...(until !== undefined && { until: new Date(until) }) }]
    })
    const disabled = enabled ? derived.length === 0 && 'its secret’s key is gone' : 'it is disabled'
    return {
      ...{ _id, url, secrets: derived, revision: _v, from, subscriber: receiverSubscriber(_id) },
      ...(resources !== undefined && { resources }),
      ...(types !== undefined && { types }),
      ...(disabled !== false && { disabled }),
      allowsPrivate: this.#options.allowsPrivate,
      createdAt: new Date(_created),
    }
  }

  /** Forgets what receivers have not got that were removed, once they are seen no more. */
  async #forgetRemoved(present: ReadonlySet<string>): Promise<void> {
    const { deliveries } = this.#options
    const isLess = this.#known === undefined || [...this.#known].some((id) => !present.has(id))
    this.#known = present
    if (!isLess) return
    for (const { _id } of await deliveries.subscribers()) {
      if (_id.startsWith(prefix) && !present.has(_id.slice(prefix.length))) await deliveries.forget(_id)
    }
  }
}
