import type { Catalogue } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import type { EventHandler } from '../src/handlers/on.ts'
import type { Schedule } from '../src/schedules/schedule.ts'
import type { ChangeLog } from '../src/store/change-log.ts'
import type { DeliveryStore } from '../src/store/delivery-store.ts'

export interface Work {
  readonly db: Db
  readonly log: ChangeLog
  readonly store: DeliveryStore
  readonly catalogue: Catalogue
  readonly handlers: readonly EventHandler[]
  readonly schedules: readonly Schedule[]
  /** Milliseconds since the epoch. */
  readonly nowMs: number
}

/**
 * Whether nothing is left to do: every handler has begun and got all events, every job has run at its times up to now, and
 * no document has an event that is not in the log. What waits for a later time counts as done.
 *
 * Handlers are looked at before the documents that they may have written, and the log must not have grown meanwhile: so
 * no event can pass between two looks.
 */
export async function isAtRest(work: Work): Promise<boolean> {
  const { log, handlers, schedules } = work
  const before = await lastPosition(log)
  for (const schedule of schedules) if (!(await hasRun(work, schedule))) return false
  for (const handler of handlers) if (!(await hasHandled(work, handler))) return false
  return !(await hasPending(work)) && (await lastPosition(log)) === before
}

const lastPosition = async (log: ChangeLog): Promise<number> => (await log.last())?._id ?? 0

async function hasHandled({ log, store, nowMs }: Work, { name, resource }: EventHandler): Promise<boolean> {
  const subscriber = `handler:${name}`
  const position = (await store.subscribers()).find(({ _id }) => _id === subscriber)?.position
  if (position === undefined) return false
  const [next] = await log.after(resource.name, position, 1)
  if (next !== undefined) return false
  const waiting = await store.list(subscriber, 'waiting', 1_000)
  // A later event of a document waits for an earlier one, and is not due by itself.
  const firsts = new Map(waiting.toReversed().map((one) => [one.change.document, one]))
  return [...firsts.values()].every(({ nextAtMs }) => nextAtMs > nowMs)
}

interface RunState {
  readonly _id: string
  readonly note?: { readonly done?: number; readonly begun?: number }
}

async function hasRun({ db, nowMs }: Work, { name, latest }: Schedule): Promise<boolean> {
  const { note } = (await db.collection<RunState>('_jobs').findOne({ _id: `schedule:${name}` })) ?? {}
  if (note?.done === undefined) return false
  return note.done >= (latest(nowMs) ?? 0) && (note.begun ?? 0) <= note.done
}

async function hasPending({ db, catalogue }: Work): Promise<boolean> {
  for (const { name, events } of catalogue.values()) {
    if (events === undefined) continue
    if ((await db.collection(name).findOne({ '_out.since': { $exists: true } })) !== null) return true
  }
  return false
}
