import { setTimeout as sleep } from 'node:timers/promises'
import { type ClientSession, type Db, type Document, MongoError, MongoServerError } from 'mongodb'
import { type Layouts, noLayouts } from './codec/layouts.ts'
import type { RecordLayout } from './codec/record-layout.ts'
import type { CommandBounds } from './command-bounds.ts'
import { duplicateFields, isDuplicateKey, isProvenRefusal, type WriteError } from './database-error.ts'
import type { StoredRecord } from './envelope.ts'

/** One record of a transaction. */
export interface RecordWrite {
  readonly collection: string
  readonly record: StoredRecord
  /** Version that it replaces, negative for a tombstone that can be restored; 0 for an insert. */
  readonly expected: number
  /** Whether the record is only required to be at that version, and is not changed. */
  readonly isGuard: boolean
  /**
   * Expected number of earlier guards and locks of this version ({@link StoredRecord._g}); `undefined` for any number.
   */
  readonly held?: number | undefined
}

/** Outcome of one attempt at a transaction. Nothing was written, unless stated otherwise. */
export type Attempt =
  | { readonly kind: 'committed' }
  /** A record is no longer at its expected version. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'duplicate'; readonly collection: string; readonly fields: readonly string[] }
  /** Another transaction interfered: the same attempt may succeed later. */
  | { readonly kind: 'contended' }
  /** The database could not do it, for example during a change of primary: the same attempt may succeed later. */
  | { readonly kind: 'aborted' }
  /** The commit was sent and its answer was lost: it may have happened. */
  | { readonly kind: 'doubtful' }

const changed: Attempt = { kind: 'changed' }
const contended: Attempt = { kind: 'contended' }
const aborted: Attempt = { kind: 'aborted' }
const doubtful: Attempt = { kind: 'doubtful' }
const committed: Attempt = { kind: 'committed' }

export interface TransactionTools {
  readonly db: Db
  readonly bounds: CommandBounds
  /** Layouts of adopted collections. @default none */
  readonly layouts?: Layouts
}

/**
 * Sends all writes as one transaction: one command per collection, then the commit. All commands are known before the
 * first is sent, so that locks are held for a few round trips and never while code of an application runs.
 *
 * @param timeoutMs time limit of the whole attempt
 * @throws the error of a command before the commit: nothing was written then ({@link ./database-error.ts})
 */
export async function attemptTransaction(
  { db, bounds, layouts = noLayouts }: TransactionTools,
  writes: readonly RecordWrite[],
  timeoutMs: number,
): Promise<Attempt> {
  const untilMs = performance.now() + timeoutMs
  const left = () => Math.max(1, untilMs - performance.now())
  const session = db.client.startSession({ causalConsistency: false })
  try {
    session.startTransaction({
      readConcern: { level: 'snapshot' },
      writeConcern: { w: 'majority', wtimeoutMS: Math.ceil(timeoutMs) },
      readPreference: 'primary',
    })
    for (const command of commandsOf(writes, layouts)) {
      const reply = await bounds.run(left(), (signal) => db.command(command.document, { session, signal }))
      const refusal = refusalIn(command, reply, layouts.get(command.collection))
      if (refusal !== undefined) return refusal
    }
    return await commit(session, bounds, left)
  } catch (error) {
    if (isTransient(error)) return isContention(error) ? contended : aborted
    throw error
  } finally {
    // Aborts the transaction on the server if it is still open.
    await bounds.run(endTimeoutMs, () => session.endSession()).catch(() => {})
  }
}

const endTimeoutMs = 500

/**
 * Sends the commit again if its answer was lost: MongoDB, and Amazon DocumentDB from 8.0.2 on, remember the outcome of a
 * transaction. Earlier versions do not ("Transactions", limitations: no retryable commit), and know no such transaction
 * when a commit that has happened is repeated. So this answer proves nothing here, as the driver also repeats a commit.
 */
async function commit(session: ClientSession, bounds: CommandBounds, left: () => number): Promise<Attempt> {
  for (let isRepeated = false; ; isRepeated = true) {
    try {
      await bounds.run(left(), () => session.commitTransaction())
      return committed
    } catch (error) {
      const isRefused = isTransient(error) || isProvenRefusal(error)
      if (isTransient(error) && !isRepeated && !isNoTransaction(error))
        return isContention(error) ? contended : aborted
      if (isRefused || left() <= againMsMin) return doubtful
      await sleep(againMs)
    }
  }
}

const againMs = 20
/** Minimum time left for another attempt at the commit, in ms. */
const againMsMin = 50

/** Whether the server or the driver states that a transaction has not happened and may be repeated. */
const isTransient = (error: unknown): boolean =>
  error instanceof MongoError && error.hasErrorLabel('TransientTransactionError')

/** WriteConflict, and LockTimeout: a lock that another transaction did not give up in time. */
const contentionCodes: readonly unknown[] = [112, 24]
const isContention = (error: unknown): boolean =>
  error instanceof MongoServerError && contentionCodes.includes(error.code)

/** NoSuchTransaction: the server has aborted it, or has forgotten it. */
const isNoTransaction = (error: unknown): boolean => error instanceof MongoServerError && error.code === 251

interface Command {
  readonly collection: string
  readonly document: Document
  /** Number of documents that it must insert or match. */
  readonly count: number
}

/** One command per collection and kind, in an order that is the same for all transactions. */
function* commandsOf(writes: readonly RecordWrite[], layouts: Layouts): Generator<Command> {
  const byCollection = Map.groupBy(writes, ({ collection }) => collection)
  for (const collection of [...byCollection.keys()].sort()) {
    const ofOne = byCollection.get(collection) ?? []
    const layout = layouts.get(collection)
    if (layout !== undefined) {
      yield* sourceCommands(collection, layout.collection, ofOne)
      continue
    }
    const updates = ofOne.filter(({ expected }) => expected !== 0)
    const inserts = ofOne.filter(({ expected }) => expected === 0)
    if (updates.length > 0) {
      const document = { update: collection, updates: updates.map(updateOf), ordered: true }
      yield { collection, document, count: updates.length }
    }
    if (inserts.length > 0) {
      const documents = inserts.map(({ record }) => record)
      yield { collection, document: { insert: collection, documents, ordered: true }, count: inserts.length }
    }
  }
}

/**
 * The update of a record. A guard increments an internal counter: it must be a write, because two transactions that
 * each read what the other one changes would otherwise both commit (write skew: Berenson et al., "A Critique of ANSI
 * SQL Isolation Levels", 1995).
 */
const updateOf = ({ record, expected, isGuard, held }: RecordWrite): Document => ({
  // `null` also matches an absent field.
  q: { _id: record._id, _v: expected, ...(held !== undefined && { _g: held === 0 ? null : held }) },
  u: isGuard ? { $inc: { _g: 1 } } : record,
})

/** Commands for adopted documents. */
function* sourceCommands(
  collection: string,
  stored: string,
  writes: readonly RecordWrite[],
): Generator<Command> {
  const sources = writes.flatMap(({ record }) => record._source?.write ?? [])
  const updates = sources.flatMap((write) => {
    if (write.kind === 'update') return [{ q: write.q, u: write.u }]
    return write.kind === 'guard' ? touches(write.q) : []
  })
  const deletes = sources.flatMap((write) => (write.kind === 'delete' ? [{ q: write.q, limit: 1 }] : []))
  const documents = sources.flatMap((write) => (write.kind === 'insert' ? [write.document] : []))
  if (updates.length > 0) {
    yield { collection, document: { update: stored, updates, ordered: true }, count: updates.length }
  }
  if (deletes.length > 0) {
    yield { collection, document: { delete: stored, deletes, ordered: true }, count: deletes.length }
  }
  if (documents.length > 0) {
    yield { collection, document: { insert: stored, documents, ordered: true }, count: documents.length }
  }
}

/** Writes to a document so that transactions conflict, and leaves nothing in it. */
const touches = (q: Document): readonly Document[] => [
  { q, u: { $set: { [touched]: 1 } } },
  { q: { _id: q._id }, u: { $unset: { [touched]: '' } } },
]

/** Name that no adopted document has. */
const touched = '_spillway_guard'

function refusalIn(
  { collection, count }: Command,
  reply: Document,
  layout: RecordLayout | undefined,
): Attempt | undefined {
  const [error]: readonly WriteError[] = reply.writeErrors ?? []
  if (error !== undefined) {
    if (isDuplicateKey(error)) {
      const stored = duplicateFields(error)
      const fields = layout === undefined ? stored : Object.keys(layout.keyPattern(stored))
      return { kind: 'duplicate', collection, fields }
    }
    throw new MongoServerError({ ...error, message: error.errmsg ?? '' })
  }
  return reply.n === count ? undefined : changed
}
