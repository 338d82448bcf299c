import { randomUUID } from 'node:crypto'
import { idempotencyRetentionMs, type Resource } from '@spillway/origin/contract'
import { UnstorableError } from './codec/field-codec.ts'
import { type Layouts, noLayouts } from './codec/layouts.ts'
import type { AnswerOutcome, Change, CommitOutcome, KeptAnswer, KeyedAnswer, Prepared } from './commit.ts'
import { fateOf } from './database-error.ts'
import {
  answersCollection,
  type Instant,
  newRecord,
  recordOf,
  replacementOf,
  type StoredRecord,
  tombstoneOf,
  writtenDocument,
} from './envelope.ts'
import type { Replacement } from './mongo-commands.ts'
import { isFull, published } from './published.ts'
import type { Records } from './records.ts'
import type { Author, Call, KeyRefused, NotDone, NotDoneReason, Unchanged, Unknown } from './repository.ts'
import {
  replacementOutcome,
  WriteInDoubtError,
  type WriteOutcome,
  WriteRefusedError,
} from './settle-writes.ts'
import { withShape } from './shapes.ts'
import type { Attempt, RecordWrite } from './transaction.ts'
import type { TransactionRoom } from './transaction-room.ts'
import type { UnreadyIndexes } from './unready-indexes.ts'
import { writeIds } from './write-ids.ts'

export interface CommitsOptions {
  readonly records: Records
  readonly attempt: (writes: readonly RecordWrite[], timeoutMs: number) => Promise<Attempt>
  readonly room: TransactionRoom
  /** Indexes that are not built yet. @default none */
  readonly unready?: UnreadyIndexes
  /** Layouts of adopted collections. @default none */
  readonly layouts?: Layouts
  readonly clock: () => Instant
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  readonly sleep: (timeMs: number) => Promise<void>
  /** 0 to 1. */
  readonly random: () => number
}

/**
 * Several changes that are applied all or none, on the condition that each document is unchanged since it was read. A
 * single change is an ordinary write, batched with others. Several changes, or one with an answer to store, are one
 * transaction of the database. Every write can be repeated safely (see {@link ./settle-writes.ts}), so a commit whose
 * answer was lost is sent again until the deadline.
 */
export class Commits {
  readonly #options: CommitsOptions
  readonly #writeId = writeIds()
  /** Idempotency-Keys of requests that are running in this process. */
  readonly #running = new Set<string>()

  constructor(options: CommitsOptions) {
    this.#options = options
  }

  /** Clock for the time of a commit. */
  get clock(): () => Instant {
    return this.#options.clock
  }

  /**
   * @param author of the write, for events and history
   * @throws {TypeError} if adopted documents cannot be changed or locked so
   */
  prepare(change: Change, at: Instant, author?: Author): Prepared {
    const { resource } = change
    const collection = resource.name
    const layout = this.#layouts.get(collection)
    if (change.kind === 'create') {
      const { fields, id = layout?.id.make(randomUUID()) ?? randomUUID() } = change
      const made = withShape(resource, newRecord(id, fields, { writeId: this.#writeId(), at }))
      const record = published(resource, layout?.insertion(made) ?? made, {
        ...{ type: 'created', fields, author },
      })
      const document = writtenDocument(record, fields)
      return { resource, collection, record, expected: 0, isGuard: false, before: undefined, document }
    }
    const { current, isLocked = false } = change
    if (isLocked && layout !== undefined) {
      throw new TypeError(
        `documents of '${collection}' cannot be locked: nothing of Spillway is stored in them`,
      )
    }
    const held = isLocked ? (current.bookkeeping.held ?? 0) : undefined
    const shared = { resource, collection, expected: current.version, held, before: current.fields }
    switch (change.kind) {
      case 'replace': {
        const { fields } = change
        const made = withShape(resource, replacementOf(current, fields, this.#writeId(), at))
        const stored = layout === undefined ? made : storable(() => layout.replacement(made, current))
        const record = published(resource, stored, { type: 'updated', current, fields, author })
        return { ...shared, record, isGuard: false, document: writtenDocument(record, fields) }
      }
      case 'delete': {
        const made = withShape(resource, tombstoneOf(current, this.#writeId(), at, resource.deletedKeptMs))
        const happening = { type: 'deleted', current, author } as const
        const record = published(resource, layout?.deletion(made, current) ?? made, happening)
        return { ...shared, record, isGuard: false, document: undefined }
      }
      case 'restore': {
        const made = withShape(resource, replacementOf(current, change.fields, this.#writeId(), at))
        const record = published(resource, made, {
          ...{ type: 'restored', current, fields: change.fields, author },
        })
        const document = writtenDocument(record, change.fields)
        return { ...shared, record, expected: -current.version, isGuard: false, document }
      }
      case 'unchanged': {
        const made = recordOf(current)
        return { ...shared, record: layout?.guard(made, current) ?? made, isGuard: true, document: current }
      }
    }
  }

  get #layouts(): Layouts {
    return this.#options.layouts ?? noLayouts
  }

  /** Refuses a second request with the same key in this process, instead of letting both race. */
  async exclusively<Outcome>(
    id: string | undefined,
    run: () => Promise<Outcome>,
  ): Promise<Outcome | KeyRefused> {
    if (id === undefined) return run()
    if (this.#running.has(id)) return { kind: 'keyRefused', reason: 'inUse' }
    this.#running.add(id)
    try {
      return await run()
    } finally {
      this.#running.delete(id)
    }
  }

  /** Looks up the answer that is stored for a key. */
  async answered(id: string, request: string, call: Call): Promise<AnswerOutcome> {
    const found = await this.#options.records.find(answersCollection, id, call)
    if (found.kind === 'notDone') return found
    if (found.record === undefined) return { kind: 'none' }
    if (found.record._key?.request !== request) return { kind: 'keyRefused', reason: 'otherRequest' }
    // The cast is safe: only `answerRecord` makes records of this collection.
    return { kind: 'kept', answer: found.record.answer as KeptAnswer }
  }

  async commit(
    writes: readonly Prepared[],
    keyed: KeyedAnswer | undefined,
    call: Call,
  ): Promise<CommitOutcome> {
    const [first] = writes
    const unready = this.#unreadyFor(writes) ?? (keyed && this.#options.unready?.forAnswer)
    if (unready !== undefined) return { kind: 'notDone', reason: 'indexUnready', index: unready }
    if (writes.some(({ record }) => isFull(record))) return { kind: 'notDone', reason: 'busy' }
    if (keyed === undefined) {
      if (first === undefined) return { kind: 'committed' }
      if (writes.every(({ isGuard }) => isGuard)) return { kind: 'committed' }
      const isAlone = writes.length === 1 && first.held === undefined
      return this.#orIdTaken(
        await (isAlone ? this.#write(first, call) : this.#transact(writes, call)),
        writes,
        call,
      )
    }
    const answer = this.#answerRecord(keyed)
    return this.#orIdTaken(await this.#transact([...writes, answer], call), writes, call)
  }

  /**
   * The outcome of a commit whose new document has the id of a deleted one: repeating it would never succeed, as it does
   * after a change.
   */
  async #orIdTaken(outcome: CommitOutcome, writes: readonly Prepared[], call: Call): Promise<CommitOutcome> {
    if (outcome.kind !== 'changed') return outcome
    for (const { resource, collection, record, expected, isGuard } of writes) {
      // Documents of others leave no tombstones.
      if (isGuard || expected !== 0 || this.#layouts.has(collection)) continue
      const found = await this.#options.records.find(collection, record._id, call)
      if (found.kind === 'notDone') return found
      if (found.record !== undefined && found.record._v <= 0)
        return { kind: 'uniqueConflict', fields: ['_id'], resource }
    }
    return outcome
  }

  #unreadyFor(writes: readonly Prepared[]): string | undefined {
    const { unready } = this.#options
    for (const { resource, document, before, isGuard } of writes) {
      const needed = isGuard || !document ? undefined : unready?.forWrite(resource, document.fields, before)
      if (needed !== undefined) return needed
    }
    return undefined
  }

  #answerRecord({ id, request, answer }: KeyedAnswer): RecordWrite {
    const at = this.#options.clock()
    const record: StoredRecord = {
      _id: id,
      _v: 0,
      _created: at.iso,
      _updated: at.iso,
      _w: [this.#writeId()],
      _key: { request },
      _expires: new Date(at.ms + idempotencyRetentionMs),
      answer,
    }
    return { collection: answersCollection, record, expected: 0, isGuard: false }
  }

  /** Writes one document, batched with other writes. */
  async #write({ resource, record, expected }: Prepared, call: Call): Promise<CommitOutcome> {
    const { records } = this.#options
    const outcome =
      expected === 0
        ? await records.insert(resource.name, record, call)
        : await records.replace(resource.name, { record, expected }, call)
    switch (outcome.kind) {
      case 'written':
        return { kind: 'committed' }
      case 'duplicateId':
      case 'versionConflict':
      case 'notFound':
        return { kind: 'changed' }
      case 'uniqueConflict':
        return { ...outcome, resource }
      default:
        return outcome
    }
  }

  /** Writes one record on the condition that other documents are unchanged since they were read. */
  async writeRequiring(
    resource: Resource,
    { record, expected }: Replacement,
    requires: readonly Unchanged[],
    call: Call,
  ): Promise<WriteOutcome | { readonly kind: 'requiredChanged' }> {
    const at = this.#options.clock()
    const write = { resource, collection: resource.name, record, expected, isGuard: false }
    const guards = requires.map((one) => this.prepare({ kind: 'unchanged', ...one }, at))
    const outcome = await this.#transact([write, ...guards], call)
    switch (outcome.kind) {
      case 'committed':
        return { kind: 'written' }
      case 'changed': {
        if (expected > 0) return { kind: 'versionConflict' }
        const found = await this.#options.records.find(resource.name, record._id, call)
        if (found.kind === 'notDone') return found
        return found.record === undefined
          ? { kind: 'requiredChanged' }
          : { kind: 'duplicateId', existing: found.record }
      }
      case 'answered':
        throw new TypeError('there is no answer to keep')
      default:
        return outcome
    }
  }

  async #transact(writes: readonly (Prepared | RecordWrite)[], call: Call): Promise<CommitOutcome> {
    const { room, now } = this.#options
    const startedAtMs = now()
    const outcome = await room.run(call.deadline - startedAtMs, () => {
      call.ownTime?.add(now() - startedAtMs)
      return this.#settle(writes, call)
    })
    return outcome === 'full' || outcome === 'late' ? { kind: 'notDone', reason: 'crowded' } : outcome
  }

  async #settle(writes: readonly (Prepared | RecordWrite)[], call: Call): Promise<CommitOutcome> {
    const { now, sleep, random } = this.#options
    let isInDoubt = false
    let reason: NotDoneReason = 'deadline'
    for (let number = 1; ; number += 1) {
      const startedAtMs = now()
      const leftMs = call.deadline - startedAtMs
      if (leftMs <= 0) return isInDoubt ? unknown : { kind: 'notDone', reason }
      if (!isInDoubt && call.signal?.aborted === true) return { kind: 'notDone', reason: 'aborted' }
      const attempt = await this.#attempt(writes, leftMs, isInDoubt)
      switch (attempt.kind) {
        case 'committed':
        case 'notDone':
          return attempt
        case 'doubtful':
          isInDoubt = true
          break
        case 'changed':
        case 'duplicate':
          return isInDoubt ? this.#truth(writes, attempt, call) : refusalOf(writes, attempt)
      }
      reason = attempt.kind === 'aborted' ? 'unavailable' : 'deadline'
      // Full jitter keeps transactions that conflicted from conflicting again.
      await sleep(random() * Math.min(backoffMsMax, 5 * 2 ** number))
      if (attempt.kind !== 'contended') continue
      call.ownTime?.contended()
      call.ownTime?.add(now() - startedAtMs)
    }
  }

  async #attempt(
    writes: readonly RecordWrite[],
    leftMs: number,
    isInDoubt: boolean,
  ): Promise<Attempt | NotDone> {
    try {
      return await this.#options.attempt(writes, leftMs)
    } catch (error) {
      const fate = fateOf(error)
      if (fate === 'refused') {
        // The cast is safe: a proven refusal is an error of the server, which has a code.
        const refusal = new WriteRefusedError((error as { readonly code?: unknown }).code, { cause: error })
        throw isInDoubt ? new WriteInDoubtError(refusal) : refusal
      }
      return fate === 'crowded' && !isInDoubt ? { kind: 'notDone', reason: 'busy' } : { kind: 'aborted' }
    }
  }

  /** Resolves a conflict after an attempt whose answer was lost: that attempt may have caused it. Its record tells. */
  async #truth(
    writes: readonly (Prepared | RecordWrite)[],
    attempt: Refused,
    call: Call,
  ): Promise<CommitOutcome> {
    const changes = writes.filter(({ isGuard }) => !isGuard)
    // A record with a write id of its own tells with certainty. The cast is safe: a commit changes at least one record.
    const telling = (changes.find(({ record }) => record._source === undefined) ?? changes[0]) as RecordWrite
    const { collection, record, expected } = telling
    const found = await this.#options.records.find(collection, record._id, call)
    if (found.kind === 'notDone') return unknown
    const writeId = record._w[0]
    if (writeId !== undefined && found.record?._w.includes(writeId) === true) return { kind: 'committed' }
    if (expected === 0) {
      // An adopted document is judged by its content: nothing else is stored in it.
      const isOwn = record._source !== undefined && found.record?._v === record._v
      return isOwn ? { kind: 'committed' } : refusalOf(writes, attempt)
    }
    const verdict = replacementOutcome({ record, expected, isSent: true }, found.record, false)
    if (verdict?.kind === 'written') return { kind: 'committed' }
    return verdict === undefined || verdict.kind === 'unknown' ? unknown : refusalOf(writes, attempt)
  }
}

/** A handler decides what it writes, so one that would lose a part of a document is a defect of its own. */
function storable(make: () => StoredRecord): StoredRecord {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof UnstorableError)) throw error
    throw new TypeError(`${error.pointer}: ${error.message}`, { cause: error })
  }
}

type Refused = Extract<Attempt, { kind: 'changed' | 'duplicate' }>

const unknown: Unknown = { kind: 'unknown' }
const backoffMsMax = 100

function refusalOf(writes: readonly (Prepared | RecordWrite)[], attempt: Refused): CommitOutcome {
  if (attempt.kind === 'changed') return attempt
  const { collection, fields } = attempt
  if (collection === answersCollection) return { kind: 'answered' }
  if (fields[0] === '_id') return { kind: 'changed' }
  // The cast is safe: only a written document can conflict, and the collection names its resource.
  const { resource } = writes.find((one) => 'resource' in one && one.collection === collection) as Prepared
  return { kind: 'uniqueConflict', fields, resource }
}
