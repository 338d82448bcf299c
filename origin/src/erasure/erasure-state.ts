import { hash, randomBytes } from 'node:crypto'
import type { Db } from 'mongodb'
import type { ErasedRecord } from './erased-record.ts'

/** Collection of erasures in progress. Names of resources cannot start with an underscore. */
const erasures = '_erasures'

/** Counts of what was done, by resource or collection. */
export type Counts = Readonly<Record<string, number>>

/** An erasure in progress. It names the person by a digest alone, and is removed at the end. */
export interface ErasureState {
  readonly _id: string
  readonly pseudonym: string
  /** Number of the pass through everything. The last one finds nothing. */
  readonly pass: number
  /** The resource or collection that is looked at. */
  readonly step: string
  /** `_id` in it up to which it is done; `null`: it is to begin. */
  readonly after: unknown
  /** Changes of this pass. */
  readonly changed: number
  /** Tags of stored answers that documents of the batch in progress make obsolete: they are purged after it. */
  readonly tags: readonly string[]
  /** By `resource delete`, `resource blank`, `resource scrub`, or the name of a log. */
  readonly counts: Counts
}

/** The erasures that are stored, at most one, as one is finished before the next begins. */
export class ErasureStates {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  get #states() {
    return this.#db.collection<ErasureState>(erasures)
  }

  /**
   * The erasure of a person, which an earlier run may have begun.
   *
   * @param first step of a pass
   * @throws {Error} if that of somebody else is unfinished
   */
  async begin(subject: string, first: string): Promise<ErasureState & { readonly isResumed: boolean }> {
    const _id = hash('sha256', subject)
    const others = await this.#states.findOne({ _id: { $ne: _id } })
    if (others !== null) throw new Error(unfinished)
    const pseudonym = `erased-${randomBytes(16).toString('hex')}`
    const fresh = { pseudonym, pass: 1, step: first, after: null, changed: 0, tags: [], counts: {} }
    const { upsertedCount } = await this.#states.updateOne(
      { _id },
      { $setOnInsert: fresh },
      { upsert: true, writeConcern: { w: 'majority' } },
    )
    const state = await this.#states.findOne({ _id })
    if (state === null) throw new Error('the state of the erasure was removed')
    return { ...state, isResumed: upsertedCount === 0 }
  }

  async save({ _id, ...state }: ErasureState): Promise<void> {
    await this.#states.replaceOne({ _id }, state, { writeConcern: { w: 'majority' } })
  }

  async end({ _id }: Pick<ErasureState, '_id'>): Promise<void> {
    await this.#states.deleteOne({ _id }, { writeConcern: { w: 'majority' } })
  }
}

const unfinished =
  'the erasure of another person is unfinished, and is known by a digest alone: repeat the command for that person first'

export const countName = (resource: string, kind: ErasedRecord['kind']): string => `${resource} ${kind}`
