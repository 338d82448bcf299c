import type { BatchItem } from './batcher.ts'
import { duplicateFields, fateOf, isDuplicateKey, isPassing, isProvenRefusal } from './database-error.ts'
import type { StoredRecord } from './envelope.ts'
import type { Replacement, WriteReply } from './mongo-commands.ts'
import type { NotDone, UniqueConflict, Unknown } from './repository.ts'
import type { Find } from './settle-reads.ts'

/**
 * Sends a batch of writes and finds out the truth about each item.
 *
 * Every write can be sent again without harm: an insert has an `_id` that only it uses, and a replacement names the
 * version that it replaces. So a write whose answer was lost (network error, change of primary, majority not reached in
 * time) is simply sent again: either it happens now, or the database says that it cannot, and the record, which carries
 * the ids of its last writes, says whether that is because it had happened before. A late arrival of the first sending
 * then finds its place taken. This is what retryable writes do, without the server's help: DocumentDB has none before
 * version 8.
 *
 * Records are read back with majority read concern, and the reply they follow was given with majority write concern, for
 * which a server waits even where the items failed: what made an item fail is committed by then and will not be undone,
 * so that it may be answered with.
 */
export interface PendingWrite {
  readonly record: StoredRecord
  /** Version that a replacement replaces; 0 for an insert. */
  readonly expected: number
  /** Whether it may have reached the database: from then on it is not known to be undone until the database says so. */
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
  /** Told of each replacement that has happened, before its writer is. */
  readonly onReplaced: (record: StoredRecord) => void
}

/** The database found fault with a write, and has not done it; the fault is in our code or our schema. */
export class WriteRefusedError extends Error {
  override readonly name = 'WriteRefusedError'

  constructor(code: unknown, options?: ErrorOptions) {
    super(`the database refused a write with code ${code}`, options)
  }
}

/** Something failed around a write, and whether the write has happened is not known. */
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

/** Traces of the attempts before this one. */
interface Known {
  /** Items that may have reached the database. */
  readonly sentBefore: ReadonlySet<WriteItem>
  /** Items whose answer was lost: that they are refused now does not say that they have not happened then. */
  readonly inDoubt: ReadonlySet<WriteItem>
}

/** Steps in which inserts and replacements differ. */
interface WriteSteps {
  readonly inDoubt: Set<WriteItem>
  readonly send: (items: readonly WriteItem[]) => Promise<WriteReply>
  readonly read: (items: readonly WriteItem[], reply: WriteReply, known: Known) => Promise<void>
}

/** Ends an item that the database does not take. */
function refuse(item: WriteItem, error: { readonly code?: unknown }, inDoubt: ReadonlySet<WriteItem>): void {
  const refusal = new WriteRefusedError(error.code, { cause: error })
  item.fail(inDoubt.has(item) ? new WriteInDoubtError(refusal) : refusal)
}

const backoffMsMin = 20
const backoffMsMax = 250

/** Sends what is not settled until it is, or until its deadline. */
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
      // After the answer, it is the question about it that was not sent.
      if ((fate === 'notSent' || fate === 'crowded') && !isAnswered) {
        for (const item of items) item.value.isSent = sentBefore.has(item)
        // A write with nothing at stake makes way, instead of waiting for a connection once more.
        if (fate === 'crowded') for (const item of items) if (!item.value.isSent) item.settle(busy)
      }
      if (fate === 'refused') return settleHalves(items, error, environment, steps)
    }
    if (batch.every(({ isSettled }) => isSettled)) return
    // Full jitter (Brooker, "Exponential Backoff And Jitter", 2015): those who failed together do not return together.
    await sleep(backoffMsMin + random() * Math.min(backoffMsMax, backoffMsMin * 2 ** attempt))
  }
}

/** One item that cannot be written takes nobody along. */
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
      // The database chooses the index that it names first: a repeated write may collide with its own document there.
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
      // A duplicate id that is not there any more has expired in between: the next attempt finds the place free.
      if (fields[0] !== '_id') item.settle({ kind: 'uniqueConflict', fields })
    } else if (found._w?.includes(writeIdOf(record))) {
      item.settle(written)
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
      // While in doubt, what it ran into may be undone as well: it is asked again.
      if (!isInDoubt) item.settle({ kind: 'uniqueConflict', fields: duplicateFields(error) })
    } else if (!isPassing(error.code)) refuse(item, error, inDoubt)
  })
  if (isInDoubt) return
  // An update command answers with a count. Where it is short, the records themselves say who is missing.
  if (count === matched.length) {
    for (const item of matched) settleReplaced(item, written)
    return
  }
  const existing = await readBack(matched, find, now)
  const isWinner = ({ record }: PendingWrite) =>
    existing.get(record._id)?._w?.includes(writeIdOf(record)) === true
  // Among first attempts, only those that the server counted can have matched.
  const isEveryWinnerKnown =
    sentBefore.size === 0 && matched.filter(({ value }) => isWinner(value)).length === count
  for (const item of matched) {
    const outcome = replacementOutcome(item.value, existing.get(item.value.record._id), isEveryWinnerKnown)
    if (outcome !== undefined) settleReplaced(item, outcome)
  }
}

/**
 * Verdict of the stored record on a replacement.
 *
 * @param isEveryWinnerKnown whether a record without our mark proves that we have not written it
 * @returns `undefined` where the replacement has not happened and may be tried again
 */
export function replacementOutcome(
  { record, expected }: PendingWrite,
  found: StoredRecord | undefined,
  isEveryWinnerKnown: boolean,
): WriteOutcome | undefined {
  if (found === undefined) return { kind: 'notFound' }
  const [writeId, writeBefore] = record._w
  const writes = found._w ?? []
  if (writes.includes(writeId as string)) return written
  if (found._v === expected) return undefined
  // Ours would stand right after the write that it replaced. With that one gone as well, others have written so often
  // since that the record has forgotten.
  const isLost = isEveryWinnerKnown || (writeBefore !== undefined && writes.includes(writeBefore))
  if (!isLost) return unknown
  return { kind: found._v === 0 ? 'notFound' : 'versionConflict' }
}

async function readBack(items: readonly WriteItem[], find: Find, now: () => number) {
  const timeoutMs = Math.max(1, Math.max(...items.map(({ deadline }) => deadline)) - now())
  const records = await find(
    items.map(({ value }) => value.record._id),
    timeoutMs,
  )
  return new Map(records.map((record) => [record._id, record]))
}

const writeIdOf = (record: StoredRecord): string => record._w[0] as string
