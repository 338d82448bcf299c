import { setTimeout as sleep } from 'node:timers/promises'
import type { Db, Document } from 'mongodb'
import type { CommandBounds } from './command-bounds.ts'
import { duplicateFields, isDuplicateKey, type WriteError } from './database-error.ts'
import type { OutEvent } from './outbox.ts'
import { readOptions } from './read-options.ts'

/** Collection of the log. Names of resources cannot start with an underscore. */
export const changesCollection = '_changes'

/** An event in the log of changes. */
export interface Change {
  /** Position: each entry has the number after the previous one's. */
  readonly _id: number
  /** Id of the event; unique, so that no event is in the log twice. */
  readonly event: string
  readonly resource: string
  /** Id of the document. */
  readonly document: string
  readonly type: OutEvent['type']
  readonly version: number
  readonly at: string
  readonly by?: string
  readonly changed?: readonly string[]
  readonly was?: OutEvent['was']
  /** Time at which it was appended. */
  readonly logged: Date
  readonly _expires: Date
}

/** An event that is to be appended. */
export type Entry = Omit<Change, '_id' | 'logged' | '_expires'>

/**
 * An entry stays for this long beyond its time, in ms. So a reader within the time finds every entry after its position,
 * although the clocks of machines differ and the database removes expired entries in any order.
 */
const marginMs = 3_600_000

/**
 * Whether an entry, and so every later one, can certainly be read: the database may be removing those that are older.
 * @param keepMs time for which the reader's resource keeps its events
 */
export const isKept = ({ logged, _expires }: Change, keepMs: number, nowMs: number): boolean =>
  nowMs - logged.getTime() <= keepMs && nowMs <= _expires.getTime() - marginMs

/** Time limit of a command, in ms. */
const timeoutMs = 10_000

/** Another process appends, too: the positions are to be read again. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken'
}

/**
 * The log of changes of all resources, in one order. An append writes entries one by one, each at the position after the
 * last one, and `_id` is unique: so there are no gaps, an entry never appears before one that is already there, and of
 * two processes that append at once one stops. A reader that has seen a position has missed nothing before it.
 */
export class ChangeLog {
  readonly #db: Db
  readonly #bounds: CommandBounds
  readonly #now: () => number

  /** @param now milliseconds since the epoch */
  constructor(db: Db, bounds: CommandBounds, now: () => number = Date.now) {
    this.#db = db
    this.#bounds = bounds
    this.#now = now
  }

  /** The last entry; `undefined` for an empty log. */
  async last(): Promise<Change | undefined> {
    const [last] = await this.#find({}, { sort: { _id: -1 }, limit: 1 })
    return last
  }

  /**
   * Appends the entries that are not in the log, in their order. They have reached a majority then.
   *
   * @param from the position after the last one
   * @param keepMs how long they can be read, in ms. It is the same for all resources: the log has no gaps then
   * @returns the position after the last one
   * @throws {Overtaken} if an entry has been appended meanwhile by another process, or by an earlier attempt of this one
   */
  async append(entries: readonly Entry[], from: number, keepMs: number): Promise<number> {
    let position = from
    let left = entries
    while (left.length > 0) {
      const { n, error } = await this.#insert(left, position, keepMs)
      position += n
      if (error === undefined) return position
      if (duplicateFields(error)[0] === '_id') throw new Overtaken(`position ${position} is taken`)
      left = await this.#withoutKnown(left.slice(n))
    }
    return position
  }

  async #insert(
    entries: readonly Entry[],
    from: number,
    keepMs: number,
  ): Promise<{ readonly n: number; readonly error?: WriteError }> {
    const now = this.#now()
    const documents = entries.map((entry, index) => ({
      _id: from + index,
      ...entry,
      logged: new Date(now),
      _expires: new Date(now + keepMs + marginMs),
    }))
    // Ordered: what follows a refused entry must not appear before it.
    const command = { insert: changesCollection, documents, ordered: true, writeConcern }
    const reply = await this.#bounds.run(timeoutMs, (signal) => this.#db.command(command, { signal }))
    const [error]: readonly WriteError[] = reply.writeErrors ?? []
    if (error !== undefined && !isDuplicateKey(error))
      throw new Error(`the log refuses an entry: ${error.code}`)
    return error === undefined ? { n: reply.n } : { n: reply.n, error }
  }

  /** Leaves out the entries that a majority has. Waits for the first one, which the log has just refused to repeat. */
  async #withoutKnown(entries: readonly Entry[]): Promise<readonly Entry[]> {
    for (;;) {
      const known = await this.known(entries.map(({ event }) => event))
      const left = entries.filter(({ event }) => !known.has(event))
      if (left.length < entries.length && left[0] !== entries[0]) return left
      await sleep(50)
    }
  }

  /** The events that a majority has in the log. */
  async known(events: readonly string[]): Promise<ReadonlySet<string>> {
    const found = await this.#find({ event: { $in: events } }, { projection: { event: 1 } })
    return new Set(found.map(({ event }) => event))
  }

  /** Entries of a resource after a position, in order. */
  after(resource: string, position: number, limit: number): Promise<readonly Change[]> {
    return this.#find({ resource, _id: { $gt: position } }, { sort: { _id: 1 }, limit })
  }

  /** Entries of all resources after a position, in order. */
  allAfter(position: number, limit: number): Promise<readonly Change[]> {
    return this.#find({ _id: { $gt: position } }, { sort: { _id: 1 }, limit })
  }

  /** Keeps the last entry, so that positions go on after a time without events. */
  async keepLast(position: number, keepMs: number): Promise<void> {
    const _expires = new Date(this.#now() + keepMs + marginMs)
    const command = {
      update: changesCollection,
      updates: [{ q: { _id: position }, u: { $set: { _expires } } }],
    }
    await this.#bounds.run(timeoutMs, (signal) => this.#db.command(command, { signal }))
  }

  /** Reads what a majority has: a position that was seen is never given to another entry. */
  #find(
    filter: Document,
    options: { readonly sort?: Document; readonly limit?: number; readonly projection?: Document },
  ): Promise<Change[]> {
    return this.#bounds.run(timeoutMs, (signal) =>
      this.#db
        .collection<Change>(changesCollection)
        .find(filter, { ...options, ...readOptions(timeoutMs), signal })
        .toArray(),
    )
  }
}

const writeConcern = { w: 'majority', wtimeout: timeoutMs }
