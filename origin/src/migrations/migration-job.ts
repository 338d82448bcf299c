import { setTimeout as sleep } from 'node:timers/promises'
import { type Catalogue, type Resource, shapeNumber } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import { type Lease, LeaseSeeker, type LeaseTimes, leaseTimes } from '../jobs/lease.ts'
import type { CommandBounds } from '../store/command-bounds.ts'
import { reasonOf } from '../store/database-error.ts'
import { type Blocked, migrateBatch } from './migrate-batch.ts'
import { commandTimeoutMs, incompleteOf, type MigrationState, statesOf } from './migration-state.ts'

/**
 * Migrates documents beside live traffic, a batch at a time, by one process under a lease. The place that a pass has reached
 * is stored, so the next holder goes on there. Documents are migrated again when a process of an older release has written
 * them, so the work is complete after a pass that found nothing, during which no older release showed itself.
 */
export type MigrationObservation =
  | {
      readonly kind: 'migrating'
      readonly resource: string
      readonly to: number
      readonly seen: number
      readonly perSecond: number
    }
  | { readonly kind: 'migrated'; readonly resource: string; readonly to: number; readonly migrated: number }
  /** Another document has a value that is to be unique. */
  | {
      readonly kind: 'blocked'
      readonly resource: string
      readonly to: number
      readonly documents: readonly Blocked[]
    }
  | { readonly kind: 'failed'; readonly reason: string }

export interface MigrationJobTimes extends LeaseTimes {
  /** Time between two looks at the state, in ms. @default 5 000 */
  readonly pollMs: number
  /** Pause after a batch, as a multiple of its duration. @default 1: half of the time */
  readonly pauseShare: number
  /** Pause before another look at the load while it is high, in ms. @default 250 */
  readonly busyMs: number
  /** Time for which no older release may show itself before the work is complete, in ms. @default 15 000 */
  readonly quietMs: number
  /** Time until documents that could not be migrated are tried again, in ms. @default 300 000 */
  readonly retryMs: number
}

export const migrationJobTimes: MigrationJobTimes = {
  ...leaseTimes,
  pollMs: 5_000,
  pauseShare: 1,
  busyMs: 250,
  quietMs: 15_000,
  retryMs: 300_000,
}

export interface MigrationJobOptions {
  readonly db: Db
  readonly bounds: CommandBounds
  readonly catalogue: Catalogue
  /** Name of this process, unique among all. */
  readonly holder: string
  /** Whether other work should go first. */
  readonly isBusy: () => boolean
  readonly observe: (observation: MigrationObservation) => void
  /** Called when a migration is complete. */
  readonly onComplete: () => Promise<void>
  readonly times?: MigrationJobTimes
}

interface Pass {
  readonly seen: number
  readonly behind: number
  readonly blocked: readonly Blocked[]
}

export const migrationLease = 'migrations'

export class MigrationJob {
  readonly #options: MigrationJobOptions
  readonly #times: MigrationJobTimes
  readonly #seeker: LeaseSeeker<object>

  constructor(options: MigrationJobOptions) {
    const { db, holder, times = migrationJobTimes } = options
    this.#options = options
    this.#times = times
    this.#seeker = new LeaseSeeker({ db, name: migrationLease, holder, times, now: () => performance.now() })
  }

  /** Migrates, or waits for who migrates, until all is complete. @throws the signal's reason if it is aborted */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      const outcome = await this.#turn(signal).catch((error: unknown) => {
        signal.throwIfAborted()
        this.#options.observe({ kind: 'failed', reason: reasonOf(error) })
        return 'failed' as const
      })
      if (outcome === 'done') return
      const pauseMs = outcome === 'failed' ? this.#times.retryMs : this.#times.pollMs
      await sleep(pauseMs, undefined, { signal, ref: false })
    }
  }

  async #turn(signal: AbortSignal): Promise<'done' | 'failed' | 'waiting'> {
    if ((await this.#incomplete()).length === 0) return 'done'
    const lease = await this.#seeker.tryTake()
    if (lease === undefined) return 'waiting'
    try {
      for (const { resource } of await this.#incomplete()) {
        if (!(await this.#migrate(resource, lease, signal))) return 'failed'
      }
      return 'done'
    } finally {
      // A lease that is not released is taken when its holder is silent.
      await lease.release().catch(() => {})
    }
  }

  async #incomplete() {
    const { db, bounds, catalogue } = this.#options
    const states = await bounds.run(commandTimeoutMs, () => statesOf(db).find().toArray())
    return incompleteOf(catalogue, states)
  }

  /** @returns whether every document is in the new shape */
  async #migrate(resource: Resource, lease: Lease<object>, signal: AbortSignal): Promise<boolean> {
    const { db, observe, onComplete } = this.#options
    const { name } = resource
    const to = shapeNumber(resource.migrations)
    let state = await this.#begun(name, to)
    /** Time since which no process of an older release has shown itself, and the value that changes when one does. */
    let quiet = { older: state.older, sinceMs: performance.now() }
    for (;;) {
      const isWhole = state.after === null
      const beganAtMs = performance.now()
      const pass = await this.#pass(resource, state, lease, signal)
      if (pass === undefined) return false
      state = await this.#change(name, { $set: { after: null, seen: 0 } })
      if (pass.blocked.length > 0) {
        observe({ kind: 'blocked', resource: name, to, documents: pass.blocked })
        return false
      }
      if (state.older !== quiet.older) quiet = { older: state.older, sinceMs: performance.now() }
      const isQuiet = pass.seen === 0 || beganAtMs - quiet.sinceMs >= this.#times.quietMs
      if (!isWhole || pass.behind > 0) continue
      if (!isQuiet) {
        const leftMs = this.#times.quietMs - (performance.now() - quiet.sinceMs)
        await sleep(Math.max(1, leftMs), undefined, { signal, ref: false })
        continue
      }
      // Fails if an older release shows itself now, or a newer one goes on from here.
      const unchanged = { _id: name, to, older: quiet.older }
      const { matchedCount } = await this.#bounded(() =>
        statesOf(db).updateOne(unchanged, { $set: { reached: to } }),
      )
      if (matchedCount === 0) {
        state = await this.#change(name, {})
        if (state.to > to) return true
        continue
      }
      observe({ kind: 'migrated', resource: name, to, migrated: state.migrated })
      await onComplete()
      return true
    }
  }

  /** Goes through all documents from where the state is. @returns `undefined` if the lease is lost */
  async #pass(
    resource: Resource,
    from: MigrationState,
    lease: Lease<object>,
    signal: AbortSignal,
  ): Promise<Pass | undefined> {
    const { db, bounds, isBusy, observe } = this.#options
    const to = shapeNumber(resource.migrations)
    let { after, seen } = from
    let behind = 0
    const blocked: Blocked[] = []
    const startedAtMs = performance.now()
    for (;;) {
      while (isBusy()) await sleep(this.#times.busyMs, undefined, { signal, ref: false })
      signal.throwIfAborted()
      if (!lease.isHeld) return undefined
      const batchAtMs = performance.now()
      const batch = await migrateBatch({ db, bounds, resource, after })
      if (batch.seen === 0) return { seen, behind, blocked }
      after = batch.last
      seen += batch.seen
      behind += batch.behind
      blocked.push(...batch.blocked)
      const $set = { after, seen }
      await this.#change(resource.name, { $set, $inc: { migrated: batch.behind } })
      const perSecond = Math.round((seen - from.seen) / ((performance.now() - startedAtMs) / 1_000))
      observe({ kind: 'migrating', resource: resource.name, to, seen, perSecond })
      const pauseMs = (performance.now() - batchAtMs) * this.#times.pauseShare
      await sleep(pauseMs, undefined, { signal, ref: false })
    }
  }

  /** The state of this migration, which an earlier holder may have begun. */
  async #begun(name: string, to: number): Promise<MigrationState> {
    const states = statesOf(this.#options.db)
    const fresh = { after: null, seen: 0, migrated: 0 }
    await this.#bounded(() =>
      states.updateOne(
        { _id: name },
        { $setOnInsert: { to: 1, reached: 1, older: 0, ...fresh } },
        { upsert: true },
      ),
    )
    await this.#bounded(() => states.updateOne({ _id: name, to: { $lt: to } }, { $set: { to, ...fresh } }))
    return this.#change(name, {})
  }

  async #change(name: string, update: object): Promise<MigrationState> {
    const states = statesOf(this.#options.db)
    if (Object.keys(update).length > 0) await this.#bounded(() => states.updateOne({ _id: name }, update))
    const state = await this.#bounded(() => states.findOne({ _id: name }))
    if (state === null) throw new Error(`the state of the migration of '${name}' was removed`)
    return state
  }

  #bounded<Result>(run: () => Promise<Result>): Promise<Result> {
    return this.#options.bounds.run(commandTimeoutMs, run)
  }
}
