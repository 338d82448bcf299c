import { randomUUID } from 'node:crypto'
import { type EventType, eventTypes, type RuleError } from '@spillway/origin/contract'
import type { Collection, Db } from 'mongodb'
import { ChangeLog } from '../store/change-log.ts'
import type { CommandBounds } from '../store/command-bounds.ts'
import { DeliveryStore } from '../store/delivery-store.ts'
import { mistakeInUrl } from './send-webhook.ts'
import { newSecret } from './signature.ts'

/** Collection of the receivers of webhooks. */
export const webhooksCollection = '_webhooks'

/** A receiver of webhooks, as stored. */
export interface Webhook {
  readonly _id: string
  readonly url: string
  /** Resources whose events it gets. @default all that have events */
  readonly resources?: readonly string[]
  /** Types of events that it gets. @default all */
  readonly types?: readonly EventType[]
  /** Secrets to sign with, newest first. */
  readonly secrets: readonly WebhookSecret[]
  readonly allowsPrivate: boolean
  /** Reason for which it gets nothing at present. */
  readonly disabled?: string
  readonly createdAt: Date
  /** Changes with each change of the rest. */
  readonly revision: number
  /** Its name among all subscribers. @default {@link subscriberName} of its id */
  readonly subscriber?: string
  /** Position of the log after which it gets events, if it is new. @default the last one */
  readonly from?: number
}

/** Receivers to call. */
export interface WebhookSource {
  list(): Promise<readonly Webhook[]>
  /** Sends nothing more to one. */
  disable(id: string, reason: string): Promise<unknown>
}

interface WebhookSecret {
  readonly secret: string
  /** Time until which it signs. @default no end */
  readonly until?: Date
}

export type NewWebhook = Pick<Webhook, 'url' | 'resources' | 'types' | 'allowsPrivate'>

/** Name of a receiver among all subscribers. */
export const subscriberName = (id: string): string => `webhook:${id}`

/** Secrets that sign now. */
export const secretsAt = ({ secrets }: Pick<Webhook, 'secrets'>, nowMs: number): readonly string[] =>
  secrets.filter((one) => signsAt(one, nowMs)).map(({ secret }) => secret)

const signsAt = ({ until }: WebhookSecret, nowMs: number): boolean =>
  until === undefined || until.getTime() > nowMs

/** @returns the mistake in a definition of a receiver */
export function mistakeInWebhook(
  { url, resources = [], types = [], allowsPrivate }: NewWebhook,
  known: readonly string[],
): string | undefined {
  if (!URL.canParse(url)) return 'the URL cannot be parsed'
  const unknown = resources.find((name) => !known.includes(name))
  if (unknown !== undefined)
    return `'${unknown}' is not a resource with events: use ${known.join(', ') || 'events: true'}`
  const strange = types.find((type) => !eventTypes.includes(type))
  if (strange !== undefined) return `'${strange}' is not a type of events: use ${eventTypes.join(', ')}`
  return mistakeInUrl(new URL(url), allowsPrivate)
}

/** Mistakes in a receiver, at the fields of its body. */
export function mistakesInReceiver(
  webhook: NewWebhook,
  known: readonly string[],
): readonly RuleError[] | undefined {
  const detail = mistakeInWebhook(webhook, known)
  if (detail === undefined) return undefined
  const isOfUrl =
    mistakeInWebhook({ url: webhook.url, allowsPrivate: webhook.allowsPrivate }, known) !== undefined
  return [{ pointer: isOfUrl ? '/url' : '/resources', detail }]
}

/** Receivers that operators add. Secrets leave it for signatures, and once when they are made. */
export class WebhookStore implements WebhookSource {
  readonly #bounds: CommandBounds
  readonly #webhooks: Collection<Webhook>
  readonly #deliveries: DeliveryStore
  readonly #log: ChangeLog

  constructor(db: Db, bounds: CommandBounds) {
    this.#bounds = bounds
    this.#webhooks = db.collection(webhooksCollection, {
      readPreference: 'primary',
      writeConcern: { w: 'majority' },
    })
    this.#deliveries = new DeliveryStore(db, bounds)
    this.#log = new ChangeLog(db, bounds)
  }

  list(): Promise<Webhook[]> {
    return this.#run(() => this.#webhooks.find().sort({ createdAt: 1 }).toArray())
  }

  /** Adds a receiver, which gets all events from now on. @returns its id, and its secret for the only time */
  async add(webhook: NewWebhook): Promise<{ readonly id: string; readonly secret: string }> {
    const id = randomUUID()
    const secret = newSecret()
    await this.#deliveries.claim(subscriberName(id), (await this.#log.last())?._id ?? 0)
    await this.#run(() =>
      this.#webhooks.insertOne({
        ...{ _id: id, ...webhook, secrets: [{ secret }], createdAt: new Date(), revision: 1 },
      }),
    )
    return { id, secret }
  }

  /** Forgets a receiver, with everything that it has not got. @returns whether there was one */
  async remove(id: string): Promise<boolean> {
    const { deletedCount } = await this.#run(() => this.#webhooks.deleteOne({ _id: id }))
    await this.#deliveries.forget(subscriberName(id))
    return deletedCount === 1
  }

  /**
   * Makes a new secret. The old ones sign as well, for a time in which the receiver learns the new one.
   *
   * @returns the new secret for the only time; `undefined` if there is no such receiver
   */
  async rotate(id: string, overlapMs: number): Promise<string | undefined> {
    const found = await this.#run(() => this.#webhooks.findOne({ _id: id }))
    if (found === null) return undefined
    const nowMs = Date.now()
    const until = new Date(nowMs + overlapMs)
    const kept = found.secrets
      .filter((one) => signsAt(one, nowMs))
      .map((one) => ({
        secret: one.secret,
        until: one.until === undefined || one.until > until ? until : one.until,
      }))
    const secret = newSecret()
    const { matchedCount } = await this.#run(() =>
      this.#webhooks.updateOne(
        { _id: id, revision: found.revision },
        { $set: { secrets: [{ secret }, ...kept] }, $inc: { revision: 1 } },
      ),
    )
    return matchedCount === 1 ? secret : undefined
  }

  /** Sends nothing more to a receiver: its events wait in the log. @returns whether there is one */
  async disable(id: string, reason: string): Promise<boolean> {
    return this.#change(id, { $set: { disabled: reason } })
  }

  /** Goes on where a receiver was disabled. @returns whether there is one */
  async enable(id: string): Promise<boolean> {
    return this.#change(id, { $unset: { disabled: '' } })
  }

  async #change(id: string, update: object): Promise<boolean> {
    const { matchedCount } = await this.#run(() =>
      this.#webhooks.updateOne({ _id: id }, { ...update, $inc: { revision: 1 } }),
    )
    return matchedCount === 1
  }

  #run<Result>(command: () => Promise<Result>): Promise<Result> {
    return this.#bounds.run(10_000, command)
  }
}
