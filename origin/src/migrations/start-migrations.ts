import { setTimeout as sleep } from 'node:timers/promises'
import { type Catalogue, shapeNumber } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import { headStart } from '../jobs/head-start.ts'
import type { CommandBounds } from '../store/command-bounds.ts'
import type { UnreadyMigrations } from '../store/unready-migrations.ts'
import {
  MigrationJob,
  type MigrationJobTimes,
  type MigrationObservation,
  migrationJobTimes,
} from './migration-job.ts'
import { commandTimeoutMs, incompleteOf, statesOf } from './migration-state.ts'

export interface StartMigrationsOptions {
  readonly db: Db
  readonly bounds: CommandBounds
  readonly catalogue: Catalogue
  readonly unready: UnreadyMigrations
  readonly holder: string
  readonly isBusy: () => boolean
  readonly observe: (observation: MigrationObservation) => void
  readonly times?: MigrationJobTimes
  /** Longest wait for the work before the first request, in ms: a small collection needs less. @default 2 000 */
  readonly waitMs?: number
}

/** Looks of other processes may be late. */
const newsFactor = 1.2

export interface StartedMigrations {
  /** Ends this process's part in the work. */
  stop(): Promise<void>
}

/**
 * Migrations of a process: it knows which are incomplete before its first request, looks again regularly, takes part in the
 * work, and shows itself to newer releases. The last also without migrations of its own: a newer release must not call its
 * work complete while this one stores the old shape.
 */
export async function startMigrations(options: StartMigrationsOptions): Promise<StartedMigrations> {
  const { db, bounds, catalogue, unready, times = migrationJobTimes, waitMs = 2_000 } = options
  const stopping = new AbortController()
  let work: Promise<void> | undefined
  /** @returns whether this process has taken back what newer ones take for complete */
  const look = async (): Promise<boolean> => {
    const states = await bounds.run(commandTimeoutMs, () => statesOf(db).find().toArray())
    let isTakenBack = false
    for (const { _id, to, reached } of states) {
      const own = shapeNumber(catalogue.get(_id)?.migrations ?? [])
      if (own >= to) continue
      isTakenBack ||= reached > own
      const shown = { $inc: { older: 1 }, $min: { reached: own } }
      await bounds.run(commandTimeoutMs, () => statesOf(db).updateOne({ _id, to }, shown))
    }
    const incomplete = incompleteOf(catalogue, states)
    unready.set(incomplete)
    if (incomplete.length === 0 || work !== undefined || stopping.signal.aborted) return isTakenBack
    work = new MigrationJob({ ...options, onComplete: async () => void (await look()) })
      .run(stopping.signal)
      .catch(() => {})
      .finally(() => {
        work = undefined
      })
    return isTakenBack
  }
  // Serves once the newer processes have looked: until then their lists would miss what this one stores.
  if (await look()) await sleep(times.pollMs * newsFactor)
  await headStart(work, waitMs, stopping.signal)
  // A look that fails is followed by the next.
  const timer = setInterval(() => void look().catch(() => {}), times.pollMs)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      stopping.abort()
      await work
    },
  }
}
