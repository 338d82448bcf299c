import { randomUUID } from 'node:crypto'
import type { Receivers, RuleError, StoredReceiver } from '@spillway/origin/contract'
import { guard } from '../action/guards.ts'
import type { Implementation } from '../action/implementation.ts'
import type { QueryImplementation } from '../action/query-implementation.ts'
import type { ServerCode } from '../server-code.ts'
import type { ChangeLog } from '../store/change-log.ts'
import type { DeliveryRecord, DeliveryStore } from '../store/delivery-store.ts'
import type { ReceiverSecrets } from './receiver-secrets.ts'
import { receiverSubscriber } from './receiver-source.ts'
import type { StoredReceivers } from './stored-receivers.ts'
import { mistakesInReceiver } from './webhook-store.ts'

export interface ReceiverTools {
  readonly secrets: ReceiverSecrets
  readonly deliveries: DeliveryStore
  readonly log: ChangeLog
  readonly stored: StoredReceivers
  /** Names of the resources with events. */
  readonly known: readonly string[]
  /** Whether receivers may be on loopback or in a private network, and without TLS. */
  readonly allowsPrivate: boolean
}

/** Events of one answer. */
const shownMax = 100

/** Server code of an application together with that of its receivers. */
export function withReceivers(
  server: ServerCode,
  receivers: Receivers | undefined,
  tools: ReceiverTools,
): ServerCode {
  if (receivers === undefined) return server
  const { secrets, deliveries, log, stored, known, allowsPrivate } = tools
  const { resource, max } = receivers
  // The casts, here and below: the schemas of `webhookReceivers` have validated these values.
  const code = (action: Implementation['action'], handler: unknown): Implementation => ({
    action,
    handler: handler as Implementation['handler'],
  })
  type Receiver = StoredReceiver & { readonly id: string }
  type Context<Input> = Parameters<Implementation['handler']>[0] & { readonly input: Input }

  const register = async ({ input, store, refuse }: Context<object>) => {
    if ((await stored.count(max)) === max) return refuse('too-many')
    const id = randomUUID()
    const from = (await log.last())?._id ?? 0
    const { secret, derivation } = secrets.make(id)
    await store.create(resource, { ...input, enabled: true, from, secrets: [derivation] } as never, { id })
    return { id, secret }
  }
  const rotate = async ({ document, input, store, now }: Context<{ readonly overlapSeconds?: number }>) => {
    const { id, secrets: before } = document as unknown as Receiver
    const { secret, derivation } = secrets.make(id)
    const until = new Date(Date.parse(now) + (input.overlapSeconds ?? 86_400) * 1_000).toISOString()
    const kept = before
      .filter((one) => one.until === undefined || one.until > now)
      .map((one) => ({ ...one, until: one.until === undefined || one.until > until ? until : one.until }))
    await store.update(resource, id, { secrets: [derivation, ...kept] } as never)
    return { id, secret }
  }
  const replay = async ({ document, input }: Context<{ readonly event?: string }>) => ({
    replayed: await deliveries.replay(receiverSubscriber((document as unknown as Receiver).id), input.event),
  })
  const answer: QueryImplementation['answer'] = async ({ parameters }) => {
    const { receiver, state } = parameters as {
      readonly receiver: string
      readonly state: DeliveryRecord['state']
    }
    const found = await deliveries.list(receiverSubscriber(receiver), state, shownMax + 1)
    return { items: found.slice(0, shownMax).map(shownDelivery), more: found.length > shownMax }
  }
  const judge = guard(resource, async ({ fields }): Promise<readonly RuleError[] | undefined> => {
    if (fields === undefined) return undefined
    return mistakesInReceiver({ ...(fields as unknown as StoredReceiver), allowsPrivate }, known)
  })
  return {
    ...server,
    implementations: [
      ...server.implementations,
      code(receivers.register, register),
      code(receivers.rotate, rotate),
      code(receivers.replay, replay),
    ],
    answers: [...server.answers, { query: receivers.undelivered, answer }],
    guards: [...server.guards, judge],
  }
}

const shownDelivery = ({ change, attempts, reason, nextAtMs, state }: DeliveryRecord) => ({
  ...{ event: change.event, type: change.type, resource: change.resource, document: change.document },
  ...{ version: change.version, at: change.at, attempts },
  ...(reason !== undefined && { reason }),
  ...(state === 'waiting' && nextAtMs > 0 && { nextAttemptAt: new Date(nextAtMs).toISOString() }),
})
