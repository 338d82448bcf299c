import { setTimeout as sleep } from 'node:timers/promises'
import type { Catalogue, Resource } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import { EventDrain } from '../events/drain.ts'
import { type Lease, LeaseSeeker, type LeaseTimes, leaseTimes } from '../jobs/lease.ts'
import type { CommandBounds } from '../store/command-bounds.ts'
import { hasOutbox } from '../store/outbox.ts'
import { writeIds } from '../store/write-ids.ts'
import { eraseFromLog, type LogName, logs } from './erase-logs.ts'
import { eraseRecords, type RecordsStore } from './erase-records.ts'
import { type Counts, countName, type ErasureState, ErasureStates } from './erasure-state.ts'
import { declaredFields, type Erased } from './subject.ts'

export interface ErasureTimes extends LeaseTimes {
  /** Pause after a batch, as a multiple of its duration. @default 1: half of the time */
  readonly pauseShare: number
  /** Polling interval while it waits for events to be drained, in ms. @default 250 */
  readonly pollMs: number
}

export const erasureTimes: ErasureTimes = { ...leaseTimes, pauseShare: 1, pollMs: 250 }

export type ErasureObservation =
  | { readonly kind: 'resumed'; readonly pass: number; readonly step: string }
  | {
      readonly kind: 'step'
      readonly pass: number
      readonly step: string
      readonly seen: number
      readonly changed: number
    }
  | { readonly kind: 'draining' }
  | { readonly kind: 'waiting' }

export interface ErasureOptions {
  readonly db: Db
  readonly bounds: CommandBounds
  readonly catalogue: Catalogue
  readonly subject: string
  /** Name of this process, unique among all. */
  readonly holder: string
  readonly observe: (observation: ErasureObservation) => void
  /** Drops stored answers with these tags everywhere. */
  readonly purge: (tags: readonly string[]) => Promise<void>
  readonly times?: ErasureTimes
}

export interface ErasureResult {
  readonly pseudonym: string | undefined
  /** Counts by resource and kind, and by collection. After an interruption: at least so many. */
  readonly counts: Counts
  /** Documents that are declared to be kept, by resource. */
  readonly kept: Counts
  /** Whether the last pass found nothing. Otherwise the person is still written of. */
  readonly isComplete: boolean
  readonly wasResumed: boolean
}

export const erasureLease = 'erasure'
const drainStep = 'drain'
/** Passes before it gives up on a person who is written of all the time. */
const passesMax = 6

/**
 * Erases a person from documents and from everything that is kept beside them, in passes until one finds nothing: what
 * a live write brings back is found by the next. Each batch is recorded, so a run that was killed is resumed by the
 * next one of the same person, under the same pseudonym.
 *
 * A pass changes documents first, and waits until their events are drained: what a drain has read before is in the logs
 * then, which come last.
 */
export class PersonErasure {
  readonly #options: ErasureOptions
  readonly #times: ErasureTimes
  readonly #states: ErasureStates
  readonly #writeId = writeIds()

  constructor(options: ErasureOptions) {
    this.#options = options
    this.#times = options.times ?? erasureTimes
    this.#states = new ErasureStates(options.db)
  }

  /** Counts what would be erased, and writes nothing. */
  async plan(): Promise<ErasureResult> {
    const { subject } = this.#options
    const counts: Record<string, number> = {}
    const kept: Record<string, number> = {}
    const erased = { subject, pseudonym: '' }
    for (const step of this.#steps().filter((name) => name !== drainStep)) {
      for (let after: unknown = null, isFirst = true; isFirst || after !== null; isFirst = false) {
        const batch = await this.#batch(step, after, erased)
        add(counts, batch.counts)
        if (batch.kept > 0) kept[step] = (kept[step] ?? 0) + batch.kept
        after = batch.last
      }
    }
    return { pseudonym: undefined, counts, kept, isComplete: false, wasResumed: false }
  }

  /**
   * @throws {Error} if another erasure runs, or that of somebody else is unfinished
   * @throws the signal's reason if it is aborted: the next run goes on there
   */
  async run(signal: AbortSignal): Promise<ErasureResult> {
    const lease = await this.#lease(signal)
    const stopping = new AbortController()
    const draining = this.#drain(stopping.signal)
    try {
      return await this.#passes(lease, signal)
    } finally {
      stopping.abort()
      await draining
      await lease.release().catch(() => {})
    }
  }

  /** Resources first, then the logs to which their events go. */
  #steps(): readonly string[] {
    return [...this.#resources().map(({ name }) => name), drainStep, ...logs]
  }

  /** Resources with a fate that changes something, or with events that may name somebody. */
  #resources(): readonly Resource[] {
    return [...this.#options.catalogue.values()].filter(
      (resource) =>
        resource.stored === undefined && (hasOutbox(resource) || declaredFields(resource).length > 0),
    )
  }

  async #lease(signal: AbortSignal): Promise<Lease<object>> {
    const { db, holder, observe } = this.#options
    const seeker = new LeaseSeeker({
      ...{ db, name: erasureLease, holder, times: this.#times },
      now: () => performance.now(),
    })
    const untilMs = performance.now() + this.#times.silenceMs + 2 * this.#times.beatMs
    for (let isFirst = true; ; isFirst = false) {
      const lease = await seeker.tryTake()
      if (lease !== undefined) return lease
      if (performance.now() > untilMs) throw new Error('another erasure is running: wait for its end')
      if (isFirst) observe({ kind: 'waiting' })
      await sleep(this.#times.pollMs, undefined, { signal })
    }
  }

  /** Drains events beside the origins, so that the end does not depend on one that runs. */
  async #drain(signal: AbortSignal): Promise<void> {
    const { db, bounds, catalogue, holder } = this.#options
    const resources = [...catalogue.values()].filter(hasOutbox)
    if (resources.length === 0) return
    const drain = new EventDrain({
      ...{ db, bounds, resources, holder, isReady: () => true, isBusy: () => false, observe: () => {} },
    })
    await drain.run(signal).catch(() => {})
  }

  async #passes(lease: Lease<object>, signal: AbortSignal): Promise<ErasureResult> {
    const { subject, observe, purge } = this.#options
    const steps = this.#steps()
    const first = steps[0] ?? drainStep
    const { isResumed, ...begun } = await this.#states.begin(subject, first)
    // Changes before the interruption may not be counted, so another pass follows.
    let state: ErasureState = isResumed ? { ...begun, changed: begun.changed + 1 } : begun
    if (isResumed) {
      observe({ kind: 'resumed', pass: state.pass, step: state.step })
      // Documents may have been written before the interruption, and are not found again.
      if (state.tags.length > 0) await purge(state.tags)
    }
    let kept: Record<string, number> = {}
    for (;;) {
      const from = Math.max(0, steps.indexOf(state.step))
      for (const step of steps.slice(from)) {
        if (step !== state.step) state = { ...state, step, after: null }
        if (step === drainStep) await this.#drained(signal)
        else state = await this.#step(state, kept, lease, signal)
      }
      const { pseudonym, counts, pass } = state
      const isComplete = state.changed === 0
      if (isComplete || pass === passesMax) {
        await this.#states.end(state)
        return { pseudonym, counts, kept, isComplete, wasResumed: isResumed }
      }
      state = { ...state, pass: pass + 1, step: first, after: null, changed: 0 }
      kept = {}
      await this.#states.save(state)
    }
  }

  async #step(
    from: ErasureState,
    kept: Record<string, number>,
    lease: Lease<object>,
    signal: AbortSignal,
  ): Promise<ErasureState> {
    const { subject, observe, purge } = this.#options
    let state = from
    let seen = 0
    for (let isFirst = true; isFirst || state.after !== null; isFirst = false) {
      signal.throwIfAborted()
      if (!lease.isHeld) throw new Error('another process has taken over the erasure')
      const atMs = performance.now()
      const { pass, step, pseudonym } = state
      const began = state
      const announce = (tags: readonly string[]) => this.#states.save({ ...began, tags })
      const batch = await this.#batch(step, state.after, { subject, pseudonym }, announce)
      if (batch.tags.length > 0) await purge(batch.tags)
      seen += batch.seen
      if (batch.kept > 0) kept[step] = (kept[step] ?? 0) + batch.kept
      const counts = { ...state.counts }
      add(counts, batch.counts)
      state = { ...state, after: batch.last, tags: [], changed: state.changed + sum(batch.counts), counts }
      await this.#states.save(state)
      observe({ kind: 'step', pass, step, seen, changed: state.changed })
      await sleep((performance.now() - atMs) * this.#times.pauseShare, undefined, { signal })
    }
    return state
  }

  /** @param announce as of {@link RecordsStore}. @default it only counts */
  async #batch(step: string, after: unknown, erased: Erased, announce?: RecordsStore['announce']) {
    const { db, bounds, catalogue } = this.#options
    const store: RecordsStore = { db, bounds, announce, writeId: this.#writeId }
    const resource = catalogue.get(step)
    if (resource === undefined) {
      // The cast is safe: every step that is no resource is a log.
      const name = step as LogName
      const { changed, ...passed } = await eraseFromLog(store, { catalogue, name, after }, erased)
      return { ...passed, kept: 0, tags: [], counts: { [name]: changed } }
    }
    // The cast is safe: ids of records are texts.
    const { done, ...passed } = await eraseRecords(store, resource, after as string | null, erased)
    const kinds = ['delete', 'blank', 'scrub'] as const
    const counts = Object.fromEntries(kinds.map((kind) => [countName(step, kind), done[kind]]))
    return { ...passed, counts }
  }

  /** Waits until no document has an event that was there when this began. */
  async #drained(signal: AbortSignal): Promise<void> {
    const { db, bounds, catalogue, observe } = this.#options
    const before = { '_out.since': { $lte: Date.now() } }
    for (const { name } of [...catalogue.values()].filter(hasOutbox)) {
      for (;;) {
        const pending = await bounds.run(10_000, () =>
          db.collection(name).findOne(before, { projection: { _id: 1 }, readConcern: 'majority' }),
        )
        if (pending === null) break
        observe({ kind: 'draining' })
        await sleep(this.#times.pollMs, undefined, { signal })
      }
    }
  }
}

const sum = (counts: Counts): number => Object.values(counts).reduce((all, one) => all + one, 0)

function add(to: Record<string, number>, counts: Counts): void {
  for (const [name, count] of Object.entries(counts)) if (count > 0) to[name] = (to[name] ?? 0) + count
}
