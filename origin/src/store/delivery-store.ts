import type { Db, Document } from 'mongodb'
import type { Change } from './change-log.ts'
import type { CommandBounds } from './command-bounds.ts'
import { readOptions } from './read-options.ts'

/** Collections of positions, and of events that were not delivered at the first attempt. */
export const subscribersCollection = '_subscribers'
export const deliveriesCollection = '_deliveries'

export interface SubscriberRecord {
  readonly _id: string
  /** Everything up to this position has been delivered, or is in `_deliveries`. */
  readonly position: number
  /** Changes with each holder and each move of the position: who has an old one writes no position any more. */
  readonly epoch: number
}

/** An event that waits for its next attempt, or for one before it of the same document; or that is given up. */
export interface DeliveryRecord {
  /** Subscriber and position: an event that is put aside twice is there once. */
  readonly _id: string
  readonly subscriber: string
  readonly position: number
  readonly change: Change
  readonly state: 'waiting' | 'dead'
  /** Attempts that have failed. */
  readonly attempts: number
  /** Time of the next attempt, in ms since the epoch. */
  readonly nextAtMs: number
  /** Number of times that an operator has asked for it to be tried again. @default 0 */
  readonly replays?: number
  readonly reason?: string
  readonly _expires: Date
}

/** Time for which an event that was not delivered is kept after its last attempt, in ms: 30 days. */
export const deliveryKeepMs = 30 * 86_400_000

/** Time limit of a command, in ms. */
const timeoutMs = 10_000

const writeConcern = { w: 'majority', wtimeout: timeoutMs }

/** Positions and undelivered events of all subscribers. */
export class DeliveryStore {
  readonly #db: Db
  readonly #bounds: CommandBounds

  constructor(db: Db, bounds: CommandBounds) {
    this.#db = db
    this.#bounds = bounds
  }

  /**
   * Makes this process the only one that can save the position.
   *
   * @param start position of a subscriber that is new
   */
  async claim(name: string, start: number): Promise<SubscriberRecord> {
    const { value } = await this.#command({
      findAndModify: subscribersCollection,
      query: { _id: name },
      update: { $inc: { epoch: 1 }, $setOnInsert: { position: start } },
      ...{ upsert: true, new: true, writeConcern },
    })
    return value
  }

  /** @returns whether the position is still this process's to save */
  async save({ _id, epoch }: SubscriberRecord, position: number): Promise<boolean> {
    return (await this.#update(subscribersCollection, { _id, epoch }, { $set: { position } })) === 1
  }

  /** @returns whether the position is still this process's to save */
  async isHeld({ _id, epoch }: SubscriberRecord): Promise<boolean> {
    return (await this.#subscribers({ _id, epoch })).length === 1
  }

  /** @returns positions of all subscribers */
  subscribers(): Promise<SubscriberRecord[]> {
    return this.#subscribers({})
  }

  #subscribers(filter: Partial<SubscriberRecord>): Promise<SubscriberRecord[]> {
    return this.#bounds.run(timeoutMs, (signal) =>
      this.#db
        .collection<SubscriberRecord>(subscribersCollection)
        .find(filter, { ...readOptions(timeoutMs), signal })
        .sort({ _id: 1 })
        .toArray(),
    )
  }

  /** Delivers everything after a position again. @returns whether there is such a subscriber */
  async move(name: string, position: number): Promise<boolean> {
    const update = { $set: { position }, $inc: { epoch: 1 } }
    return (await this.#update(subscribersCollection, { _id: name }, update)) === 1
  }

  /** Events in one state, oldest first. */
  list(subscriber: string, state: DeliveryRecord['state'], limit: number): Promise<DeliveryRecord[]> {
    return this.#bounds.run(timeoutMs, (signal) =>
      this.#db
        .collection<DeliveryRecord>(deliveriesCollection)
        .find({ subscriber, state }, { ...readOptions(timeoutMs), signal })
        .sort({ position: 1 })
        .limit(limit)
        .toArray(),
    )
  }

  /**
   * Tries again what waits or was given up, at once and with all attempts.
   *
   * @param event id of the only one. @default all
   * @returns how many
   */
  replay(subscriber: string, event?: string): Promise<number> {
    const state = { $in: ['waiting', 'dead'] }
    const filter = { subscriber, state, ...(event !== undefined && { 'change.event': event }) }
    const $set = { state: 'waiting', attempts: 0, nextAtMs: 0 }
    return this.#update(deliveriesCollection, filter, { $set, $inc: { replays: 1 } }, { multi: true })
  }

  /** Forgets a subscriber with all that it has not got. */
  async forget(name: string): Promise<void> {
    await this.#delete(subscribersCollection, { _id: name })
    const state = { $in: ['waiting', 'dead'] }
    await this.#delete(deliveriesCollection, { subscriber: name, state }, 0)
  }

  async put({ _id, ...fields }: Omit<DeliveryRecord, 'replays'>): Promise<void> {
    await this.#update(deliveriesCollection, { _id }, { $set: fields }, { upsert: true })
  }

  remove(id: string): Promise<void> {
    return this.#delete(deliveriesCollection, { _id: id })
  }

  /** @returns the number of documents that were found */
  async #update(collection: string, q: object, u: object, options: object = {}): Promise<number> {
    const { n } = await this.#command({ update: collection, updates: [{ q, u, ...options }], writeConcern })
    return n
  }

  /** @param limit 0 for all */
  async #delete(collection: string, q: object, limit = 1): Promise<void> {
    await this.#command({ delete: collection, deletes: [{ q, limit }], writeConcern })
  }

  /** @throws the database's errors, also those of single writes */
  async #command(command: Document): Promise<Document> {
    const reply = await this.#bounds.run(timeoutMs, (signal) => this.#db.command(command, { signal }))
    const [error] = reply.writeErrors ?? []
    if (error !== undefined) throw new Error(`the database refuses a write: ${error.code}`)
    return reply
  }
}
