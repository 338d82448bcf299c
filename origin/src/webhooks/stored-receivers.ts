import { receiversName, type StoredReceiver } from '@spillway/origin/contract'
import type { Collection, Db, Document } from 'mongodb'
import type { CommandBounds } from '../store/command-bounds.ts'
import { readOptions } from '../store/read-options.ts'

export interface ReceiverDocument extends StoredReceiver {
  readonly _id: string
  readonly _v: number
  readonly _created: string
}

const timeoutMs = 10_000
/** Deleted documents have versions below 0. */
const present = { _v: { $gt: 0 } }

/** Receivers that callers of the API have registered, as stored. */
export class StoredReceivers {
  readonly #receivers: Collection<ReceiverDocument>
  readonly #bounds: CommandBounds

  constructor(db: Db, bounds: CommandBounds) {
    this.#receivers = db.collection(receiversName)
    this.#bounds = bounds
  }

  list(): Promise<readonly ReceiverDocument[]> {
    return this.#find({})
  }

  /** @returns at most `max` */
  async count(max: number): Promise<number> {
    return (await this.#find({ projection: { _id: 1 }, limit: max })).length
  }

  #find(options: { readonly projection?: Document; readonly limit?: number }) {
    return this.#bounds.run(timeoutMs, (signal) =>
      this.#receivers.find(present, { ...readOptions(timeoutMs), ...options, signal }).toArray(),
    )
  }
}
