import type { Catalogue } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import { headStart } from '../jobs/head-start.ts'
import { holderName } from '../jobs/holder-name.ts'
import type { CommandBounds } from '../store/command-bounds.ts'
import { applyIndexes, type IndexPlan, nameOf, planIndexes } from '../store/indexes.ts'
import { UnreadyIndexes } from '../store/unready-indexes.ts'
import { type BuildConnection, IndexJob, type IndexJobTimes, type IndexObservation } from './index-job.ts'
import { isOwnDatabase } from './own-database.ts'

export interface StartIndexesOptions {
  readonly db: Db
  readonly bounds: CommandBounds
  readonly catalogue: Catalogue
  readonly connect: () => Promise<BuildConnection>
  readonly observe: (observation: IndexObservation) => void
  /** Called with the name of an index that differs from its declaration, or has none. */
  readonly onDifference: (index: string) => void
  readonly times?: IndexJobTimes
  /** Longest wait for builds before the first request, in ms: a small collection needs less. @default 2 000 */
  readonly waitMs?: number
}

export interface StartedIndexes {
  readonly unready: UnreadyIndexes
  /** Ends this process's part in the work. */
  stop(): Promise<void>
}

/**
 * Indexes at the start of a process: empty collections get theirs at once; the others get them from a job, while this
 * process already serves everything that does not need them. In another application's database, and in an adopted
 * collection, nothing is built: a command does ({@link ./own-database.ts}).
 */
export async function startIndexes(options: StartIndexesOptions): Promise<StartedIndexes> {
  const { db, bounds, catalogue, onDifference, times, waitMs = 2_000, ...others } = options
  const unready = new UnreadyIndexes()
  const changes = await planIndexes(db, catalogue, bounds)
  for (const index of [...changes.replace, ...changes.drop]) onDifference(nameOf(index))
  const isOwn = await bounds.run(15_000, () => isOwnDatabase(db, catalogue))
  const builds = ({ declared }: IndexPlan): boolean => isOwn && declared === undefined
  const create = await onEmpty(db, changes.create.filter(builds), bounds)
  if (!isOwn) unready.keepsNoAnswers = true
  await applyIndexes(db, { ...changes, create }, { destructive: false, bounds })
  const job = new IndexJob({
    ...others,
    db,
    bounds,
    catalogue,
    holder: holderName(),
    builds,
    onMissing: (missing) => unready.set(missing),
    ...(times !== undefined && { times }),
  })
  if ((await job.missing()).length === 0) return { unready, stop: async () => {} }
  const stopping = new AbortController()
  const work = job.run(stopping.signal).catch(() => {})
  await headStart(work, waitMs, stopping.signal)
  return {
    unready,
    async stop() {
      stopping.abort()
      await work
    },
  }
}

/** Indexes whose collection has no document. */
async function onEmpty(
  db: Db,
  plans: readonly IndexPlan[],
  bounds: CommandBounds,
): Promise<readonly IndexPlan[]> {
  const isEmpty = new Map<string, boolean>()
  for (const { collection } of plans) {
    if (isEmpty.has(collection)) continue
    const find = () => db.collection(collection).findOne({}, { projection: { _id: 1 } })
    isEmpty.set(collection, (await bounds.run(15_000, find)) === null)
  }
  return plans.filter(({ collection }) => isEmpty.get(collection))
}
