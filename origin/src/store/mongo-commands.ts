import { type Db, type Document, MongoWriteConcernError } from 'mongodb'
import { type Layouts, noLayouts } from './codec/layouts.ts'
import type { RecordLayout } from './codec/record-layout.ts'
import type { SourceWrite } from './codec/source.ts'
import { type CommandBounds, createCommandBounds } from './command-bounds.ts'
import { duplicateFields, fateOf, isDuplicateKey, isPassing, type WriteError } from './database-error.ts'
import type { StoredRecord } from './envelope.ts'
import type { Listing, Tally } from './listing.ts'
import { firstReply, openList } from './open-list.ts'
import { openGate, type PrimaryGate } from './primary-gate.ts'
import { readerOptions, readOptions } from './read-options.ts'
import { sourceList } from './source-list.ts'

/**
 * The database commands that serve requests, one round trip each: `find`, `aggregate`, `insert`, `update` (and
 * `getMore` for an answer above 16 MB). They are sent as commands, because the driver's bulk classes serialize each
 * document twice and split batches by rules of their own; replies arrive whole, with one error per item.
 *
 * Each command ends in bounded time ({@link CommandBounds}). A read waits until the primary knows what its predecessor
 * has committed ({@link PrimaryGate}).
 */

/** Replaces the record with its `_id` if it is at the expected version. */
export interface Replacement {
  readonly record: StoredRecord
  readonly expected: number
}

export interface WriteReply {
  /** Number of items inserted, or matched by an update. */
  readonly count: number
  readonly errors: readonly WriteError[]
  /** Whether the write may have missed its majority, and may be rolled back. */
  readonly isInDoubt: boolean
}

export interface MongoCommandsOptions {
  /** Time limit of a write to reach its majority before it is `isInDoubt`, in ms. */
  readonly majorityTimeoutMs: number
  /** @default bounds by the machine's clock */
  readonly bounds?: CommandBounds
  /** @default a gate that lets every read through */
  readonly primary?: PrimaryGate
  /** Layouts of adopted collections. @default none */
  readonly layouts?: Layouts
}

export class MongoCommands {
  readonly #db: Db
  readonly #majorityTimeoutMs: number
  readonly #bounds: CommandBounds
  readonly #primary: PrimaryGate
  readonly #writeConcern: Document
  readonly #layouts: Layouts

  constructor(db: Db, options: MongoCommandsOptions) {
    const {
      majorityTimeoutMs,
      bounds = createCommandBounds(),
      primary = openGate,
      layouts = noLayouts,
    } = options
    this.#db = db
    this.#majorityTimeoutMs = majorityTimeoutMs
    this.#bounds = bounds
    this.#primary = primary
    this.#layouts = layouts
    this.#writeConcern = { w: 'majority', wtimeout: majorityTimeoutMs }
  }

  /** Layout of an adopted collection. */
  layoutOf(collection: string): RecordLayout | undefined {
    return this.#layouts.get(collection)
  }

  /** Finds records by id, in any order; absent ones are omitted. Sees every write acknowledged before it was sent. */
  find(collection: string, ids: readonly string[], timeoutMs: number): Promise<StoredRecord[]> {
    const layout = this.layoutOf(collection)
    if (layout === undefined) {
      return this.#read(timeoutMs, (signal) => this.#find(collection, ids, { timeoutMs, signal }))
    }
    const stored = layout.idsOf(ids)
    if (stored.length === 0) return Promise.resolve([])
    return this.#read(timeoutMs, async (signal) => {
      const limits = { timeoutMs, signal, promoteValues: false }
      const documents = await this.#find(layout.collection, stored, limits)
      return layout.addressable(documents).map((document) => layout.record(document))
    })
  }

  list(collection: string, listing: Listing, timeoutMs: number): Promise<StoredRecord[]> {
    const layout = this.layoutOf(collection)
    const isFromReader = listing.from === 'reader'
    const optionsOf = isFromReader ? readerOptions : readOptions
    const read = async (signal: AbortSignal) => {
      const options = { ...optionsOf(timeoutMs), signal }
      if (layout !== undefined) {
        const source = { collection: this.#db.collection(layout.collection), layout, options }
        const documents = await sourceList(source, layout.listing(listing))
        return documents.map((document) => layout.record(document))
      }
      const { filter, sort, limit, pipeline, inOneReply } = listing
      // The bare command goes to the primary.
      if (!isFromReader && pipeline === undefined && inOneReply !== true) {
        const limits = { timeoutMs, signal, batchSize: limit + 1 }
        const found = await this.#findAtOnce(collection, { filter, sort, limit }, limits)
        if (found !== undefined) return found
      }
      const cursor = openList(this.#db.collection<StoredRecord>(collection), listing, options)
      return inOneReply === true ? firstReply(cursor) : cursor.toArray()
    }
    // A reader needs no primary, and knows nothing of its terms.
    return isFromReader ? this.#bounds.run(timeoutMs, read) : this.#read(timeoutMs, read)
  }

  /** Counts documents up to a maximum, and reads no further. */
  count(collection: string, tally: Tally, timeoutMs: number): Promise<number> {
    const layout = this.layoutOf(collection)
    const { filter, countMax } = layout === undefined ? tally : layout.tally(tally)
    const name = layout?.collection ?? collection
    if (layout?.id.isExact === false) {
      return this.#read(timeoutMs, async (signal) => {
        const options = { ...readOptions(timeoutMs), signal, projection: { _id: 1 } }
        const source = { collection: this.#db.collection(name), layout, options }
        return (await sourceList(source, { filter, sort: {}, limit: countMax })).length
      })
    }
    const pipeline = [{ $match: filter }, { $limit: countMax }, { $count: 'value' }]
    return this.#read(timeoutMs, async (signal) => {
      const [counted] = await this.#db
        .collection(name)
        .aggregate<{ readonly value: number }>(pipeline, { ...readOptions(timeoutMs), signal })
        .toArray()
      // `aggregate` yields no document if nothing matches.
      return counted?.value ?? 0
    })
  }

  /**
   * Reads from one primary that has committed in its term. If the primary changes meanwhile, reads again from the next.
   */
  #read<Result>(timeoutMs: number, read: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const primary = this.#primary
    return this.#bounds.run(timeoutMs, async (signal) => {
      for (;;) {
        const committed = primary.committed(timeoutMs)
        if (committed !== undefined) await committed
        signal.throwIfAborted()
        const { changes } = primary
        const result = await read(signal)
        if (primary.changes === changes) return result
      }
    })
  }

  async #find(collection: string, ids: readonly unknown[], limits: ReadLimits): Promise<StoredRecord[]> {
    const [id] = ids
    const filter: Document = ids.length === 1 ? { _id: id } : { _id: { $in: ids } }
    const batchSize = ids.length + 1
    const found = await this.#findAtOnce(collection, { filter }, { ...limits, batchSize })
    if (found !== undefined) return found
    return this.#db
      .collection<StoredRecord>(collection)
      .find(filter, {
        ...readOptions(limits.timeoutMs),
        ...typesOf(limits),
        batchSize,
        signal: limits.signal,
      })
      .toArray()
  }

  /**
   * Sends `find` as a bare command, to the primary. perf: the driver's cursor costs as much again. Repeats it once if
   * the connection or the primary was lost, like the driver's retryable reads.
   *
   * @returns `undefined` if one message did not hold all documents
   */
  async #findAtOnce(
    collection: string,
    query: { readonly filter: Document; readonly sort?: Document; readonly limit?: number },
    limits: ReadLimits & { readonly batchSize: number },
  ): Promise<StoredRecord[] | undefined> {
    const { batchSize, timeoutMs, signal } = limits
    const { maxTimeMS, readConcern } = readOptions(timeoutMs)
    const bounds = { batchSize, maxTimeMS, readConcern: { level: readConcern } }
    const find = () =>
      this.#db.command({ find: collection, ...query, ...bounds }, { signal, ...typesOf(limits) })
    const { cursor } = await find().catch((error: unknown) => {
      if (fateOf(error) === 'lost' && !signal.aborted) return find()
      throw error
    })
    // The `id` is 0 if the reply is whole.
    if (Number(cursor.id) === 0) return cursor.firstBatch
    this.#abandon(collection, cursor.id)
    return undefined
  }

  /** Closes a cursor that nobody reads on. It would stay open for ten minutes, and the database keeps few. */
  #abandon(collection: string, id: unknown): void {
    this.#db.command({ killCursors: collection, cursors: [id] }).catch(() => {
      // Ignores the failure: the cursor then ends by its own time limit.
    })
  }

  insert(collection: string, records: readonly StoredRecord[]): Promise<WriteReply> {
    const layout = this.layoutOf(collection)
    if (layout === undefined) return this.#write({ insert: collection, documents: records })
    const documents = writesOf(records, 'insert').map(({ document }) => document)
    return this.#writeAs(layout, { insert: layout.collection, documents })
  }

  /** Replaces or deletes records. In an adopted collection, all do the same. */
  update(collection: string, replacements: readonly Replacement[]): Promise<WriteReply> {
    const layout = this.layoutOf(collection)
    if (layout !== undefined) {
      const records = replacements.map(({ record }) => record)
      const deletes = writesOf(records, 'delete').map(({ q }) => ({ q, limit: 1 }))
      const updates = writesOf(records, 'update').map(({ q, u }) => ({ q, u }))
      return deletes.length > 0
        ? this.#writeAs(layout, { delete: layout.collection, deletes })
        : this.#writeAs(layout, { update: layout.collection, updates })
    }
    const updates = replacements.map(({ record, expected }) => ({
      q: { _id: record._id, _v: expected },
      u: record,
    }))
    return this.#write({ update: collection, updates })
  }

  /** Writes adopted documents; errors name the resource's fields. */
  async #writeAs(layout: RecordLayout, command: Document): Promise<WriteReply> {
    const reply = await this.#write(command)
    const errors = reply.errors.map((error) =>
      isDuplicateKey(error) ? { ...error, keyPattern: layout.keyPattern(duplicateFields(error)) } : error,
    )
    return { ...reply, errors }
  }

  async #write(command: Document): Promise<WriteReply> {
    const reply = await this.#run({ ...command, ordered: false, writeConcern: this.#writeConcern })
    const errors: readonly WriteError[] = reply.writeErrors ?? []
    const isInDoubt = reply.writeConcernError !== undefined || errors.some(({ code }) => isPassing(code))
    return { count: reply.n, errors, isInDoubt }
  }

  /**
   * Runs a command. The driver throws a reply whose write concern failed; that reply still has the result of each item.
   */
  async #run(command: Document): Promise<Document> {
    try {
      return await this.#bounds.run(this.#majorityTimeoutMs, (signal) =>
        this.#db.command(command, { signal }),
      )
    } catch (error) {
      // The cast is safe: `result` is the server's reply.
      if (error instanceof MongoWriteConcernError) return error.result as Document
      throw error
    }
  }
}

interface ReadLimits {
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Whether numbers lose their BSON types. @default true */
  readonly promoteValues?: boolean
}

const typesOf = ({ promoteValues }: ReadLimits) => (promoteValues === undefined ? {} : { promoteValues })

/** The writes of a kind that records carry. */
function writesOf<Kind extends SourceWrite['kind']>(
  records: readonly StoredRecord[],
  kind: Kind,
): readonly Extract<SourceWrite, { kind: Kind }>[] {
  return records
    .map(({ _source }) => _source?.write)
    .filter((write): write is Extract<SourceWrite, { kind: Kind }> => write?.kind === kind)
}
