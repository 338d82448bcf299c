import { setTimeout as sleep } from 'node:timers/promises'
import { type ClientSession, type Db, type Document, MongoError, MongoServerError } from 'mongodb'
import type { CommandBounds } from './command-bounds.ts'
import { duplicateFields, isDuplicateKey, isProvenRefusal, type WriteError } from './database-error.ts'
import type { StoredRecord } from './envelope.ts'

/** One record of a transaction. */
export interface RecordWrite {
  readonly collection: string
  readonly record: StoredRecord
  /** Version that it replaces; 0 for an insert. */
  readonly expected: number
  /** Whether the stored record only has to be at that version still, and stays as it is. */
  readonly isGuard: boolean
  /** How often others may have held this version ({@link StoredRecord._g}); `undefined`: as often as they like. */
  readonly held?: number | undefined
}

/** How one attempt at a transaction ended. Nothing was written, except where it says otherwise. */
export type Attempt =
  | { readonly kind: 'committed' }
  /** A record is not at its expected version any more. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'duplicate'; readonly collection: string; readonly fields: readonly string[] }
  /** Another transaction, or a change of primary, was in the way: the same again may succeed. */
  | { readonly kind: 'aborted' }
  /** The commit was sent and its answer lost: it may have happened. */
  | { readonly kind: 'doubtful' }

const changed: Attempt = { kind: 'changed' }
const aborted: Attempt = { kind: 'aborted' }
const doubtful: Attempt = { kind: 'doubtful' }
const committed: Attempt = { kind: 'committed' }

/**
 * Sends all writes as one transaction of the database: a command for each collection, then the commit. All of it is known
 * before the first command, so that the locks are held for a few round trips and never for somebody's code.
 *
 * @param timeoutMs how long all of it may take
 * @throws whatever ended a command before the commit: then nothing was written ({@link ./database-error.ts})
 */
export async function attemptTransaction(
  db: Db,
  bounds: CommandBounds,
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
    for (const command of commandsOf(writes)) {
      const reply = await bounds.run(left(), (signal) => db.command(command.document, { session, signal }))
      const refusal = refusalIn(command, reply)
      if (refusal !== undefined) return refusal
    }
    return await commit(session, bounds, left)
  } catch (error) {
    if (isTransient(error)) return aborted
    throw error
  } finally {
    // Aborts it at the server, where it is still open.
    await bounds.run(endTimeoutMs, () => session.endSession()).catch(() => {})
  }
}

const endTimeoutMs = 500

/** Asks again where the answer was lost: the server remembers what became of a transaction. */
async function commit(session: ClientSession, bounds: CommandBounds, left: () => number): Promise<Attempt> {
  for (;;) {
    try {
      await bounds.run(left(), () => session.commitTransaction())
      return committed
    } catch (error) {
      if (isTransient(error)) return aborted
      if (isProvenRefusal(error) || left() <= againMsMin) return doubtful
      await sleep(againMs)
    }
  }
}

const againMs = 20
/** The least time worth asking once more with, in ms. */
const againMsMin = 50

/** The server's or the driver's word that a transaction has not happened and may be begun anew. */
const isTransient = (error: unknown): boolean =>
  error instanceof MongoError && error.hasErrorLabel('TransientTransactionError')

interface Command {
  readonly collection: string
  readonly document: Document
  /** Documents that it must insert or match. */
  readonly count: number
}

/** One command for each collection and kind, in an order that is the same for all transactions. */
function* commandsOf(writes: readonly RecordWrite[]): Generator<Command> {
  const byCollection = Map.groupBy(writes, ({ collection }) => collection)
  for (const collection of [...byCollection.keys()].sort()) {
    const ofOne = byCollection.get(collection) as readonly RecordWrite[]
    const updates = ofOne.filter(({ expected }) => expected > 0)
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
 * A guard counts up a field that no document shows: a write, since two transactions that each read what the other one
 * changes would both commit otherwise (write skew: Berenson et al., "A Critique of ANSI SQL Isolation Levels", 1995).
 */
const updateOf = ({ record, expected, isGuard, held }: RecordWrite): Document => ({
  // `null` is equal to a field that is not there.
  q: { _id: record._id, _v: expected, ...(held !== undefined && { _g: held === 0 ? null : held }) },
  u: isGuard ? { $inc: { _g: 1 } } : record,
})

function refusalIn({ collection, count }: Command, reply: Document): Attempt | undefined {
  const [error] = (reply.writeErrors ?? []) as readonly WriteError[]
  if (error !== undefined) {
    if (isDuplicateKey(error)) return { kind: 'duplicate', collection, fields: duplicateFields(error) }
    throw new MongoServerError({ ...error, message: error.errmsg ?? '' })
  }
  return reply.n === count ? undefined : changed
}
