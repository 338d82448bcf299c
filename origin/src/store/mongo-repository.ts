import { randomUUID } from 'node:crypto'
import type { Fields, ListQuery, Residual, Resource } from '@spillway/origin/contract'
import { getOrMake } from '../lib/get-or-make.ts'
import { canonicalJson } from './canonical-json.ts'
import { UnstorableError } from './codec/field-codec.ts'
import { type Layouts, noLayouts } from './codec/layouts.ts'
import type { Commits } from './commits.ts'
import { keyedId, keyedItemId } from './creation-key.ts'
import {
  batchClaim,
  deletedOf,
  documentOf,
  firstAnswerOf,
  type Instant,
  instantClock,
  newRecord,
  replacementOf,
  type StoredRecord,
  tombstoneOf,
  writtenDocument,
} from './envelope.ts'
import { planList } from './list-plan.ts'
import type { Replacement } from './mongo-commands.ts'
import { isFull, published } from './published.ts'
import type { Records } from './records.ts'
import type {
  BatchOutcome,
  Call,
  ChangeCall,
  CountOutcome,
  CreateOutcome,
  CreationKey,
  DeleteOutcome,
  Failed,
  IndexUnready,
  KeptOutcome,
  KeyRefused,
  ListOutcome,
  NewDocument,
  ReadOutcome,
  ReplaceOutcome,
  Repository,
  StoredDocument,
} from './repository.ts'
import { inPresentShape, withShape } from './shapes.ts'
import { UnreadyIndexes } from './unready-indexes.ts'
import { writeIds } from './write-ids.ts'

const notFound: ReadOutcome = { kind: 'notFound' }
const deleted: DeleteOutcome = { kind: 'deleted' }
const inUse: KeyRefused = { kind: 'keyRefused', reason: 'inUse' }

type NamedDocument = NewDocument & { readonly id: string }

/** Documents and Idempotency-Keys on top of records: decides what is stored, and what a duplicate means. */
export class MongoRepository implements Repository {
  readonly #records: Records
  readonly #clock: () => Instant
  readonly #commits: Pick<Commits, 'writeRequiring'>
  readonly #unready: UnreadyIndexes
  readonly #layouts: Layouts
  readonly #writeId = writeIds()
  /** Documents of the records of a list. */
  readonly #documents = new WeakMap<readonly StoredRecord[], readonly StoredDocument[]>()
  /** Ids of creates with a key that are running in this process. */
  readonly #running = new Set<string>()

  /**
   * @param commits for writes that require other documents to be unchanged
   * @param clock milliseconds since the epoch, for `createdAt`, `updatedAt` and the age of keys
   * @param options `unready`: indexes that are not built yet; `layouts`: of adopted collections. @default none
   */
  constructor(
    records: Records,
    commits: Pick<Commits, 'writeRequiring'>,
    clock: () => number,
    {
      unready = new UnreadyIndexes(),
      layouts = noLayouts,
    }: { readonly unready?: UnreadyIndexes; readonly layouts?: Layouts } = {},
  ) {
    this.#records = records
    this.#commits = commits
    this.#unready = unready
    this.#layouts = layouts
    this.#clock = instantClock(clock)
  }

  async read(resource: Resource, id: string, call: Call): Promise<ReadOutcome> {
    const outcome = await this.#records.find(resource.name, id, call)
    if (outcome.kind === 'notDone') return outcome
    const document = outcome.record && documentOf(inPresentShape(resource, outcome.record))
    return document === undefined ? notFound : { kind: 'found', document }
  }

  async readKept(resource: Resource, id: string, call: Call): Promise<KeptOutcome> {
    const outcome = await this.#records.find(resource.name, id, call)
    if (outcome.kind === 'notDone') return outcome
    const record = outcome.record && inPresentShape(resource, outcome.record)
    const live = record && documentOf(record)
    if (live !== undefined) return { kind: 'found', document: live, isDeleted: false }
    const deleted = record && deletedOf(record, this.#clock().ms)
    return deleted === undefined
      ? { kind: 'notFound' }
      : { kind: 'found', document: deleted, isDeleted: true }
  }

  async list(
    resource: Resource,
    query: ListQuery,
    residual: Residual | undefined,
    call: Call,
  ): Promise<ListOutcome> {
    const unready = this.#unready.forList(resource, query, residual)
    if (unready !== undefined) return indexUnready(unready)
    const planned = planList(resource, query, residual)
    // A list of its own: one from a reader must not answer a caller who is promised the primary's.
    const listing = call.from === undefined ? planned : { ...planned, from: call.from }
    const outcome = await this.#records.list(resource.name, listing, call)
    if (outcome.kind === 'notDone') return outcome
    const { records } = outcome
    // Callers of joined lists get the same documents, so that they can share what is made of them.
    const documents = getOrMake(this.#documents, records, () =>
      records
        .slice(0, query.limit)
        // The cast is safe: the filter of lists excludes tombstones.
        .map((record) => documentOf(inPresentShape(resource, record)) as StoredDocument),
    )
    return { kind: 'page', documents, more: records.length > query.limit }
  }

  async count(
    resource: Resource,
    query: ListQuery,
    residual: Residual | undefined,
    call: Call,
  ): Promise<CountOutcome> {
    const unready = this.#unready.forList(resource, query, residual)
    if (unready !== undefined) return indexUnready(unready)
    const { countMax } = resource.query
    const { filter, sort } = planList(resource, { ...query, after: undefined }, residual)
    const tally = { filter, countMax: countMax + 1, ...(this.#layouts.has(resource.name) && { sort }) }
    const outcome = await this.#records.count(resource.name, tally, call)
    if (outcome.kind === 'notDone') return outcome
    return { kind: 'counted', value: Math.min(outcome.value, countMax), isMore: outcome.value > countMax }
  }

  create(
    resource: Resource,
    document: NewDocument,
    key: CreationKey | undefined,
    call: Call,
  ): Promise<CreateOutcome> {
    if (key === undefined) {
      return this.#insert(
        resource,
        { ...document, id: document.id ?? this.#newId(resource) },
        undefined,
        call,
      )
    }
    const id = this.#idOf(resource, keyedId(resource.name, key))
    const insert = () => this.#insert(resource, { ...document, id }, key.request, call)
    return this.#exclusively<CreateOutcome>(id, insert)
  }

  async recall(
    resource: Resource,
    { fields, item }: NewDocument,
    key: CreationKey,
    call: Call,
  ): Promise<CreateOutcome | undefined> {
    const keyed = keyedId(resource.name, key)
    const id = this.#idOf(resource, item === undefined ? keyed : keyedItemId(keyed, item))
    const found = await this.#records.find(resource.name, id, call)
    if (found.kind === 'notDone') return found
    return found.record && replay(inPresentShape(resource, found.record), key.request, fields)
  }

  createBatch(
    resource: Resource,
    documents: readonly NewDocument[],
    key: CreationKey | undefined,
    call: Call,
  ): Promise<BatchOutcome> {
    if (key === undefined) {
      const named = documents.map((document) => ({ ...document, id: document.id ?? this.#newId(resource) }))
      return this.#insertAll(resource, named, undefined, call)
    }
    const batchId = keyedId(resource.name, key)
    return this.#exclusively<BatchOutcome>(batchId, async () => {
      const refusal = await this.#claim(resource, batchId, key.request, call)
      if (refusal !== undefined) return refusal
      const named = documents.map((document, index) => ({
        ...document,
        id: this.#idOf(resource, keyedItemId(batchId, document.item ?? index)),
      }))
      return this.#insertAll(resource, named, key.request, call)
    })
  }

  async replace(
    resource: Resource,
    current: StoredDocument,
    fields: Fields,
    call: ChangeCall,
  ): Promise<ReplaceOutcome> {
    const unready = this.#unready.forWrite(resource, fields, current.fields)
    if (unready !== undefined) return indexUnready(unready)
    const layout = this.#layouts.get(resource.name)
    let record = withShape(resource, replacementOf(current, fields, this.#writeId(), this.#clock()))
    if (layout !== undefined) {
      try {
        record = layout.replacement(record, current)
      } catch (error) {
        if (!(error instanceof UnstorableError)) throw error
        return { kind: 'unstorable', errors: [{ pointer: error.pointer, detail: error.message }] }
      }
    }
    record = published(resource, record, { type: 'updated', current, fields, author: call.author })
    if (isFull(record)) return { kind: 'notDone', reason: 'busy' }
    const outcome = await this.#replace(resource, { record, expected: current.version }, call)
    switch (outcome.kind) {
      case 'written':
        return { kind: 'replaced', document: writtenDocument(record, fields) }
      case 'duplicateId':
      case 'requiredChanged':
        throw new TypeError('a replacement inserts nothing')
      default:
        return outcome
    }
  }

  async delete(resource: Resource, current: StoredDocument, call: ChangeCall): Promise<DeleteOutcome> {
    const tombstone = withShape(
      resource,
      tombstoneOf(current, this.#writeId(), this.#clock(), resource.deletedKeptMs),
    )
    const made = this.#layouts.get(resource.name)?.deletion(tombstone, current) ?? tombstone
    const record = published(resource, made, { type: 'deleted', current, author: call.author })
    if (isFull(record)) return { kind: 'notDone', reason: 'busy' }
    const outcome = await this.#replace(resource, { record, expected: current.version }, call)
    switch (outcome.kind) {
      case 'written':
        return deleted
      case 'duplicateId':
      case 'requiredChanged':
      case 'uniqueConflict':
        throw new TypeError('a tombstone conflicts with nothing')
      default:
        return outcome
    }
  }

  drain(): Promise<void> {
    return this.#records.idle()
  }

  #replace(resource: Resource, replacement: Replacement, { requires = [], ...call }: ChangeCall) {
    return requires.length === 0
      ? this.#records.replace(resource.name, replacement, call)
      : this.#commits.writeRequiring(resource, replacement, requires, call)
  }

  async #insert(
    resource: Resource,
    { id, fields, requires = [] }: NamedDocument,
    request: string | undefined,
    call: Call,
  ): Promise<CreateOutcome> {
    const unready = this.#unready.forWrite(resource, fields, undefined)
    if (unready !== undefined) return indexUnready(unready)
    const made = withShape(
      resource,
      newRecord(id, fields, { writeId: this.#writeId(), request, at: this.#clock() }),
    )
    const stored = this.#layouts.get(resource.name)?.insertion(made) ?? made
    const record = published(resource, stored, { type: 'created', fields, author: call.author })
    const outcome =
      requires.length === 0
        ? await this.#records.insert(resource.name, record, call)
        : await this.#commits.writeRequiring(resource, { record, expected: 0 }, requires, call)
    switch (outcome.kind) {
      case 'written':
        return { kind: 'created', document: writtenDocument(record, fields) }
      case 'duplicateId':
        return request === undefined
          ? { kind: 'duplicateId' }
          : replay(inPresentShape(resource, outcome.existing), request, fields)
      case 'versionConflict':
      case 'notFound':
        throw new TypeError('an insert replaces nothing')
      default:
        return outcome
    }
  }

  async #insertAll(
    resource: Resource,
    documents: readonly NamedDocument[],
    request: string | undefined,
    call: Call,
  ): Promise<BatchOutcome> {
    // Items succeed and fail independently: a failure does not stop the others, and every outcome is reported.
    const outcomes = await Promise.all(
      documents.map((document) => this.#insert(resource, document, request, call).catch(failed)),
    )
    return { kind: 'items', outcomes }
  }

  /**
   * Reserves the key of a batch before any item is written, so that a different batch with the same key inserts
   * nothing. Costs a round trip for a batch with a key; a single create needs none, because its document reserves the
   * key.
   *
   * @returns the reason to stop, or `undefined` if this request holds the key, now or since an earlier attempt
   */
  async #claim(
    resource: Resource,
    batchId: string,
    request: string,
    call: Call,
  ): Promise<BatchOutcome | undefined> {
    // An adopted collection has documents alone, and no keys. Each item's id follows from the key, so none is created
    // twice.
    if (this.#layouts.has(resource.name)) return undefined
    const record = batchClaim(batchId, this.#writeId(), request, this.#clock())
    const outcome = await this.#records.insert(resource.name, record, call)
    switch (outcome.kind) {
      case 'written':
        return undefined
      case 'duplicateId':
        return outcome.existing._key?.request === request
          ? undefined
          : { kind: 'keyRefused', reason: 'otherRequest' }
      case 'notDone':
      case 'unknown':
        return outcome
      default:
        throw new TypeError(`a claim cannot end as ${outcome.kind}`)
    }
  }

  #newId(resource: Resource): string {
    return this.#idOf(resource, randomUUID())
  }

  /** The id of a new document, of the type of its collection. */
  #idOf({ name }: Resource, uuid: string): string {
    return this.#layouts.get(name)?.id.make(uuid) ?? uuid
  }

  /** Refuses a second request with the same key in this process, instead of letting both race. */
  async #exclusively<Outcome>(id: string, run: () => Promise<Outcome>): Promise<Outcome | KeyRefused> {
    if (this.#running.has(id)) return inUse
    this.#running.add(id)
    try {
      return await run()
    } finally {
      this.#running.delete(id)
    }
  }
}

const failed = (error: unknown): Failed => ({ kind: 'failed', error })

export const indexUnready = (index: string): IndexUnready => ({
  kind: 'notDone',
  reason: 'indexUnready',
  index,
})

/**
 * Outcome of a create with a key whose id exists. It is a replay if the body has the same text, or would store the same
 * fields: a client may format a repeated body differently, and a release may store other fields.
 */
function replay(existing: StoredRecord, request: string, fields: Fields): CreateOutcome {
  if (existing._source !== undefined) return replayOfSource(existing, fields)
  const document = firstAnswerOf(existing)
  const isRepeated =
    existing._key?.request === request ||
    (document !== undefined && canonicalJson(document.fields) === canonicalJson(fields))
  if (!isRepeated) return { kind: 'keyRefused', reason: 'otherRequest' }
  return document === undefined ? { kind: 'keyRefused', reason: 'spent' } : { kind: 'replayed', document }
}

/**
 * The same for an adopted document, which keeps neither key nor first answer: its id was derived from the key, so the
 * key has created it. It is a replay while it has the fields that the request would store.
 */
function replayOfSource(existing: StoredRecord, fields: Fields): CreateOutcome {
  const document = documentOf(existing)
  return document !== undefined && canonicalJson(document.fields) === canonicalJson(fields)
    ? { kind: 'replayed', document }
    : { kind: 'keyRefused', reason: 'spent' }
}
