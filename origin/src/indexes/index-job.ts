import { setTimeout as sleep } from 'node:timers/promises'
import type { Catalogue } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import { type Lease, LeaseSeeker, type LeaseTimes, leaseTimes } from '../jobs/lease.ts'
import type { CommandBounds } from '../store/command-bounds.ts'
import { fateOf, reasonOf } from '../store/database-error.ts'
import { buildCommand, type IndexPlan, nameOf, planIndexes } from '../store/indexes.ts'
import { type Duplicate, findDuplicates } from './duplicates.ts'
import { runningBuild } from './running-build.ts'

/**
 * Builds missing indexes of collections that have documents, beside live traffic: one at a time over all processes,
 * under a lease, in the background.
 *
 * A build cannot be continued: one whose process or connection is lost goes on in the database or is undone by it. The
 * note in the lease names the index until its build has succeeded, so the next holder waits for the former build if it
 * is still running, and then builds again, which does nothing if the index is complete. An index is ready if it is
 * listed and not in that note.
 */

export type IndexObservation =
  | { readonly kind: 'building'; readonly index: string; readonly share?: number | undefined }
  | { readonly kind: 'built'; readonly index: string; readonly tookMs: number }
  /** Documents have equal values: the index is not built. */
  | { readonly kind: 'blocked'; readonly index: string; readonly duplicates: readonly Duplicate[] }
  /** Without an index: none could be begun. */
  | { readonly kind: 'failed'; readonly index?: string; readonly reason: string }

/** State of the work, as stored with the lease. */
export interface IndexNote {
  readonly building: string | null
  /** Percentage of the build that is done; `null` if unknown. */
  readonly percent: number | null
}

export interface IndexJobTimes extends LeaseTimes {
  /** Time between two looks at the work of another process, and at the progress of a build, in ms. @default 2 000 */
  readonly pollMs: number
  /**
   * Time until a build that failed is tried again, in ms: duplicates are looked for in all documents. @default 300 000
   */
  readonly retryMs: number
  /** Time between two looks at indexes that are left to somebody else, in ms. @default 30 000 */
  readonly leftMs: number
}

export const indexJobTimes: IndexJobTimes = { ...leaseTimes, pollMs: 2_000, retryMs: 300_000, leftMs: 30_000 }

/** The connection of a build: it waits for the build's end, however long that takes. */
export interface BuildConnection {
  readonly db: Db
  close(): Promise<void>
}

export interface IndexJobOptions {
  readonly db: Db
  readonly bounds: CommandBounds
  readonly catalogue: Catalogue
  /** Opened by the process that builds, while it builds. */
  readonly connect: () => Promise<BuildConnection>
  /** Name of this process, unique among all. */
  readonly holder: string
  /** Called with the indexes that are not ready. */
  readonly onMissing: (missing: readonly IndexPlan[]) => void
  readonly observe: (observation: IndexObservation) => void
  readonly times?: IndexJobTimes
  /**
   * Missing indexes that it builds; for the others it waits until somebody else has built them.
   * @default all
   */
  readonly builds?: (index: IndexPlan) => boolean
}

export const indexLease = 'indexes'

export class IndexJob {
  readonly #options: IndexJobOptions
  readonly #times: IndexJobTimes
  readonly #seeker: LeaseSeeker<IndexNote>
  readonly #builds: (index: IndexPlan) => boolean

  constructor(options: IndexJobOptions) {
    const { db, holder, times = indexJobTimes } = options
    this.#options = options
    this.#times = times
    this.#builds = options.builds ?? (() => true)
    this.#seeker = new LeaseSeeker({ db, name: indexLease, holder, times, now: () => performance.now() })
  }

  /** Builds, or waits for who builds, until every index is ready. @throws the signal's reason if it is aborted */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      const outcome = await this.#turn(signal).catch((error: unknown) => {
        signal.throwIfAborted()
        this.#options.observe({ kind: 'failed', reason: reasonOf(error) })
        return 'failed' as const
      })
      if (outcome === 'done') return
      const pauseMs = { failed: this.#times.retryMs, waiting: this.#times.pollMs, left: this.#times.leftMs }[
        outcome
      ]
      await sleep(pauseMs, undefined, { signal, ref: false })
    }
  }

  async #turn(signal: AbortSignal): Promise<'done' | 'failed' | 'waiting' | 'left'> {
    const missing = await this.missing()
    if (missing.length === 0) return 'done'
    if (!missing.some(this.#builds)) return 'left'
    const lease = await this.#seeker.tryTake()
    if (lease === undefined) return 'waiting'
    try {
      return await this.#buildAll(lease, signal)
    } finally {
      // A lease that is not released is taken when its holder is silent.
      await lease.release().catch(() => {})
    }
  }

  /** Looks up which indexes are not ready. */
  async missing(): Promise<readonly IndexPlan[]> {
    const { db, bounds, catalogue, onMissing } = this.#options
    // The note is older than the build and lives longer: before or after, it names an index that is listed unfinished.
    const before = await this.#seeker.look()
    const { create, keep } = await planIndexes(db, catalogue, bounds)
    const after = await this.#seeker.look()
    const building = [before?.note?.building, after?.note?.building]
    const missing = [...create, ...keep.filter((index) => building.includes(nameOf(index)))]
    onMissing(missing)
    return missing
  }

  async #buildAll(lease: Lease<IndexNote>, signal: AbortSignal): Promise<'done' | 'failed' | 'left'> {
    const connection = await this.#options.connect()
    const closed = () => void connection.close()
    signal.addEventListener('abort', closed, { once: true })
    try {
      const missing = (await this.missing()).filter(this.#builds)
      const blocked = await this.#blocked(connection.db, missing)
      let failures = blocked.size
      for (const index of missing) {
        if (blocked.has(index)) continue
        signal.throwIfAborted()
        if (!lease.isHeld) return 'failed'
        if (!(await this.#build(connection.db, index, lease, signal))) failures += 1
        await this.missing()
      }
      if (failures > 0) return 'failed'
      return (await this.missing()).length === 0 ? 'done' : 'left'
    } finally {
      signal.removeEventListener('abort', closed)
      await connection.close()
    }
  }

  /** Unique indexes that documents with equal values prevent: all are reported before anything is built. */
  async #blocked(db: Db, missing: readonly IndexPlan[]): Promise<ReadonlySet<IndexPlan>> {
    const blocked = new Set<IndexPlan>()
    for (const index of missing) {
      if (!index.unique) continue
      const duplicates = await findDuplicates(db, index)
      if (duplicates.length === 0) continue
      blocked.add(index)
      this.#options.observe({ kind: 'blocked', index: nameOf(index), duplicates })
    }
    return blocked
  }

  /** @returns whether the index is ready */
  async #build(db: Db, index: IndexPlan, lease: Lease<IndexNote>, signal: AbortSignal): Promise<boolean> {
    const { observe } = this.#options
    const { pollMs } = this.#times
    const name = nameOf(index)
    const startedAtMs = performance.now()
    await lease.note({ building: name, percent: null })
    const watch = async (): Promise<boolean> => {
      const running = await runningBuild(this.#options.db, index.collection)
      if (running === undefined) return false
      observe({ kind: 'building', index: name, share: running.share })
      await lease.note({ percent: running.share === undefined ? null : Math.floor(running.share * 100) })
      return true
    }
    // A second index command would end a build that a former holder, or a person, has begun.
    while (await watch()) await sleep(pollMs, undefined, { signal, ref: false })
    if (!lease.isHeld) return false
    observe({ kind: 'building', index: name })
    const watching = setInterval(() => void watch().catch(() => {}), pollMs)
    try {
      await db.command(buildCommand(index.collection, [index], { background: true }))
    } catch (error) {
      signal.throwIfAborted()
      // After a lost connection the build may go on: the note stays.
      if (fateOf(error) !== 'lost') await lease.note({ building: null, percent: null })
      observe({ kind: 'failed', index: name, reason: reasonOf(error) })
      return false
    } finally {
      clearInterval(watching)
    }
    await lease.note({ building: null, percent: null })
    observe({ kind: 'built', index: name, tookMs: Math.round(performance.now() - startedAtMs) })
    return true
  }
}
