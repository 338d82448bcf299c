import type { BatchItem } from './batch-item.ts'
import { duplicateFields, fateOf, isDuplicateKey, isPassing, isProvenRefusal } from './database-error.ts'
import type { StoredRecord } from './envelope.ts'
import type { Replacement, WriteReply } from './mongo-commands.ts'
import type { NotDone, UniqueConflict, Unknown } from './repository.ts'
import type { Find } from './settle-reads.ts'

/**
 * Sends a batch of writes and determines the outcome of each item.
 *
 * Every write can be repeated safely: an insert has an `_id` that only it uses, and a replacement names the version
 * that it replaces. So a write whose answer was lost (network error, change of primary, no majority in time) is sent
 * again. Either it happens now, or the database reports a conflict, and the record, which contains the ids of its
 * latest writes, tells whether the first attempt caused that. If the first attempt is executed late, it conflicts with
 * the second one. Retryable writes do the same with the server's help; DocumentDB has none before version 8.
 *
 * Records are read back with majority read concern, after a reply with majority write concern. A server waits for the
 * majority even if items failed, so the cause of a failed item is committed by then and cannot be rolled back.
 */

export interface PendingWrite {
  readonly record: StoredRecord
  /** Version that a replacement replaces; 0 for an insert. */
  readonly expected: number
  /** Whether it may have reached the database: then only the database can tell that it did not happen. */
  isSent: boolean
}

export type WriteOutcome =
  | { readonly kind: 'written' }
  | { readonly kind: 'duplicateId'; readonly existing: StoredRecord }
  | { readonly kind: 'versionConflict' }
  | { readonly kind: 'notFound' }
  | UniqueConflict
  | NotDone
  | Unknown

export type WriteItem = BatchItem<PendingWrite, WriteOutcome>

export interface WriteEnvironment {
  readonly find: Find
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  readonly sleep: (timeMs: number) => Promise<void>
  /** 0 to 1. */
  readonly random: () => number
  /** Called for each replacement that has happened, before its caller is answered. */
  readonly onReplaced: (record: StoredRecord) => void
}

/** The database refused a write and has not executed it; the fault is in the origin's code or in a schema. */
export class WriteRefusedError extends Error {
  override readonly name = 'WriteRefusedError'

  constructor(code: unknown, options?: ErrorOptions) {
    super(`the database refused a write with code ${code}`, options)
  }
}

/** An error during a write that leaves open whether the write has happened. */
export class WriteInDoubtError extends Error {
  override readonly name = 'WriteInDoubtError'

  constructor(cause: unknown) {
    super('a write failed, and may have happened', { cause })
  }
}

const written: WriteOutcome = { kind: 'written' }
const unknown: Unknown = { kind: 'unknown' }
const unavailable: NotDone = { kind: 'notDone', reason: 'unavailable' }
const busy: NotDone = { kind: 'notDone', reason: 'busy' }

export function settleInserts(
  batch: readonly WriteItem[],
  insert: (records: readonly StoredRecord[]) => Promise<WriteReply>,
  environment: WriteEnvironment,
): Promise<void> {
  return settle(batch, environment, {
    inDoubt: new Set(),
    send: (items) => insert(items.map(({ value }) => value.record)),
    read: (items, reply, known) => readInsertReply(items, reply, known, environment),
  })
}

export function settleReplacements(
  batch: readonly WriteItem[],
  update: (replacements: readonly Replacement[]) => Promise<WriteReply>,
  environment: WriteEnvironment,
): Promise<void> {
  return settle(batch, environment, {
    inDoubt: new Set(),
    send: (items) => update(items.map(({ value }) => value)),
    read: (items, reply, known) => readUpdateReply(items, reply, known, environment),
  })
}

/** Facts from earlier attempts. */
interface Known {
  /** Items that may have reached the database. */
  readonly sentBefore: ReadonlySet<WriteItem>
  /** Items whose answer was lost: a later refusal does not prove that they have not happened. */
  readonly inDoubt: ReadonlySet<WriteItem>
}

/** Steps that differ between inserts and replacements. */
interface WriteSteps {
  readonly inDoubt: Set<WriteItem>
  readonly send: (items: readonly WriteItem[]) => Promise<WriteReply>
  readonly read: (items: readonly WriteItem[], reply: WriteReply, known: Known) => Promise<void>
}

/** Ends an item that the database refuses. */
function refuse(item: WriteItem, error: { readonly code?: unknown }, inDoubt: ReadonlySet<WriteItem>): void {
  const refusal = new WriteRefusedError(error.code, { cause: error })
  item.fail(inDoubt.has(item) ? new WriteInDoubtError(refusal) : refusal)
}

const backoffMsMin = 20
const backoffMsMax = 250

/** Sends unsettled items until all are settled, or their deadline passes. */
async function settle(
  batch: readonly WriteItem[],
  environment: WriteEnvironment,
  steps: WriteSteps,
): Promise<void> {
  const { now, sleep, random } = environment
  const { inDoubt } = steps
  for (let attempt = 1; ; attempt += 1) {
    const items = batch.filter((item) => !item.isSettled && !isOver(item, now()))
    if (items.length === 0) return
    const sentBefore = new Set(items.filter(({ value }) => value.isSent))
    for (const { value } of items) value.isSent = true
    let isAnswered = false
    try {
      const reply = await steps.send(items)
      isAnswered = true
      await steps.read(items, reply, { sentBefore, inDoubt })
      if (reply.isInDoubt) for (const item of items) inDoubt.add(item)
    } catch (error) {
      const fate = fateOf(error)
      if (isAnswered || fate === 'lost' || fate === 'timedOut') for (const item of items) inDoubt.add(item)
      // After an answer, the failed command was the read-back, not the write.
      if ((fate === 'notSent' || fate === 'crowded') && !isAnswered) {
        for (const item of items) item.value.isSent = sentBefore.has(item)
        // An unsent write ends at once, instead of waiting for a connection again.
        if (fate === 'crowded') for (const item of items) if (!item.value.isSent) item.settle(busy)
      }
      if (fate === 'refused') return settleHalves(items, error, environment, steps)
    }
    if (batch.every(({ isSettled }) => isSettled)) return
    // Full jitter (Brooker, "Exponential Backoff And Jitter", 2015): items that failed together do not return together.
    await sleep(backoffMsMin + random() * Math.min(backoffMsMax, backoffMsMin * 2 ** attempt))
  }
}

/** Halves a refused batch, so that one faulty item does not fail the others. */
async function settleHalves(
  items: readonly WriteItem[],
  error: unknown,
  environment: WriteEnvironment,
  steps: WriteSteps,
): Promise<void> {
  const left = items.filter(({ isSettled }) => !isSettled)
  if (left.length <= 1) {
    const [item] = left
    if (item === undefined) return
    // The cast is safe: a proven refusal is an error of the server, which may have a code.
    if (isProvenRefusal(error)) refuse(item, error as { readonly code?: unknown }, steps.inDoubt)
    else item.fail(new WriteInDoubtError(error))
    return
  }
  const middle = left.length >> 1
  await settle(left.slice(0, middle), environment, steps)
  await settle(left.slice(middle), environment, steps)
}

function isOver(item: WriteItem, now: number): boolean {
  if (item.deadline > now) return false
  item.settle(item.value.isSent ? unknown : unavailable)
  return true
}

async function readInsertReply(
  items: readonly WriteItem[],
  { errors, isInDoubt }: WriteReply,
  { sentBefore, inDoubt }: Known,
  { find, now }: WriteEnvironment,
): Promise<void> {
  const errorsByIndex = new Map(errors.map((error) => [error.index, error]))
  const duplicates = new Map<WriteItem, readonly string[]>()
  items.forEach((item, index) => {
    const error = errorsByIndex.get(index)
    if (error === undefined) {
      if (!isInDoubt) item.settle(written)
    } else if (isDuplicateKey(error)) {
      const fields = duplicateFields(error)
      // The database names the violated index that it checks first: a repeated write may conflict with its own document
      // there.
      const mayBeOwn = sentBefore.has(item) || item.value.record._key !== undefined || fields[0] === '_id'
      if (mayBeOwn || isInDoubt) duplicates.set(item, fields)
      else item.settle({ kind: 'uniqueConflict', fields })
    } else if (!isPassing(error.code)) {
      refuse(item, error, inDoubt)
    }
  })
  if (duplicates.size === 0 || isInDoubt) return
  const existing = await readBack([...duplicates.keys()], find, now)
  for (const [item, fields] of duplicates) {
    const { record } = item.value
    const found = existing.get(record._id)
    if (found === undefined) {
      // The document with this id has expired in between: the next attempt can insert.
      if (fields[0] !== '_id') item.settle({ kind: 'uniqueConflict', fields })
    } else if (found._w?.includes(writeIdOf(record))) {
      item.settle(written)
    } else if (record._source !== undefined && sentBefore.has(item)) {
      item.settle(found._v === record._v ? written : unknown)
    } else {
      item.settle({ kind: 'duplicateId', existing: found })
    }
  }
}

async function readUpdateReply(
  items: readonly WriteItem[],
  { count, errors, isInDoubt }: WriteReply,
  { sentBefore, inDoubt }: Known,
  { find, now, onReplaced }: WriteEnvironment,
): Promise<void> {
  const settleReplaced = (item: WriteItem, outcome: WriteOutcome) => {
    if (outcome.kind === 'written') onReplaced(item.value.record)
    item.settle(outcome)
  }
  const errorsByIndex = new Map(errors.map((error) => [error.index, error]))
  const matched: WriteItem[] = []
  items.forEach((item, index) => {
    const error = errorsByIndex.get(index)
    if (error === undefined) matched.push(item)
    else if (isDuplicateKey(error)) {
      // While in doubt, the conflicting write may be rolled back as well, so the item is sent again.
      if (!isInDoubt) item.settle({ kind: 'uniqueConflict', fields: duplicateFields(error) })
    } else if (!isPassing(error.code)) refuse(item, error, inDoubt)
  })
  if (isInDoubt) return
  // An update command only returns a count. If it is short, the records tell which items failed.
  if (count === matched.length) {
    for (const item of matched) settleReplaced(item, written)
    return
  }
  const existing = await readBack(matched, find, now)
  const isWinner = ({ record }: PendingWrite) =>
    existing.get(record._id)?._w?.includes(writeIdOf(record)) === true
  // Without earlier attempts, exactly `count` items have matched: if the records show as many, every winner is known.
  const isEveryWinnerKnown =
    sentBefore.size === 0 && matched.filter(({ value }) => isWinner(value)).length === count
  for (const item of matched) {
    const outcome = replacementOutcome(item.value, existing.get(item.value.record._id), isEveryWinnerKnown)
    if (outcome !== undefined) settleReplaced(item, outcome)
  }
}

/**
 * Judges a replacement by the stored record.
 *
 * @param isEveryWinnerKnown whether the absence of the write's id from the record proves that it did not happen
 * @returns `undefined` if the replacement has not happened and may be repeated
 */
export function replacementOutcome(
  { record, expected }: PendingWrite,
  found: StoredRecord | undefined,
  isEveryWinnerKnown: boolean,
): WriteOutcome | undefined {
  if (record._source !== undefined) return contentOutcome({ record, expected }, found, !isEveryWinnerKnown)
  if (found === undefined) return { kind: 'notFound' }
  const [writeId, writeBefore] = record._w
  const writes = found._w ?? []
  if (writeId !== undefined && writes.includes(writeId)) return written
  if (found._v === expected) return undefined
  // The write's id would follow that of the version it replaced. If that one is missing, too, so many writes came since
  // that the record has dropped both.
  const isLost = isEveryWinnerKnown || (writeBefore !== undefined && writes.includes(writeBefore))
  if (!isLost) return unknown
  return { kind: found._v < 1 ? 'notFound' : 'versionConflict' }
}

/**
 * Judges a write of an adopted document by its content, because nothing else is stored in it.
 *
 * @param isInDoubt whether an earlier attempt may have happened. If not, the database has just refused the only one,
 *   and equal content is that of another writer
 */
function contentOutcome(
  { record, expected }: Pick<PendingWrite, 'record' | 'expected'>,
  found: StoredRecord | undefined,
  isInDoubt: boolean,
): WriteOutcome | undefined {
  const isDeletion = record._v < 1
  if (found === undefined) return isInDoubt && isDeletion ? written : { kind: 'notFound' }
  if (isInDoubt && !isDeletion && found._v === record._v) return written
  if (found._v === expected) return undefined
  return isInDoubt ? unknown : { kind: 'versionConflict' }
}

async function readBack(items: readonly WriteItem[], find: Find, now: () => number) {
  const timeoutMs = Math.max(1, Math.max(...items.map(({ deadline }) => deadline)) - now())
  const records = await find(
    items.map(({ value }) => value.record._id),
    timeoutMs,
  )
  return new Map(records.map((record) => [record._id, record]))
}

// The cast is safe: every record names its write.
const writeIdOf = (record: StoredRecord): string => record._w[0] as string
