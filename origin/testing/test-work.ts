import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Application } from '@spillway/origin/contract'
import { SystemWork } from '../src/background/system-work.ts'
import { deliveryTimes } from '../src/deliveries/delivery-loop.ts'
import { DeliveryTotals } from '../src/deliveries/delivery-totals.ts'
import { drainTimes } from '../src/events/drain.ts'
import { startEvents } from '../src/events/start-events.ts'
import { startHandlers } from '../src/handlers/start-handlers.ts'
import { startSchedules } from '../src/schedules/start-schedules.ts'
import type { ServerCode } from '../src/server-code.ts'
import { ChangeLog } from '../src/store/change-log.ts'
import { DeliveryStore } from '../src/store/delivery-store.ts'
import type { TestDatabase } from '../test/support/database.ts'
import { isAtRest } from './is-at-rest.ts'

/** An attempt of a handler or a job that failed. */
export interface FailedWork {
  /** Name of the handler or the job. */
  readonly name: string
  /** Number of the attempt, from 1. */
  readonly attempt: number
  readonly reason: string
  /** Whether no further attempt follows. */
  readonly isGivenUp: boolean
}

export interface TestWorkOptions {
  readonly application: Application
  readonly server: ServerCode
  readonly database: TestDatabase
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Called with the cache tags that the edge would be told. */
  readonly onPurge: (tags: readonly string[]) => void
}

/** Handlers and jobs of an application in a test. */
export interface TestWork {
  /**
   * Waits until there is nothing left to do at the clock's time.
   *
   * @returns attempts that have failed since the last call
   * @throws {Error} after 30 s
   */
  settled(): Promise<readonly FailedWork[]>
  stop(): Promise<void>
}

const patienceMs = 30_000
/** A slow machine must not make this process look dead to itself. */
const leaseTimes = { beatMs: 1_000, silenceMs: 60_000, pollMs: 10 }

/** Starts the work in the background as a process of the origin does, with short pauses. */
export async function startTestWork(options: TestWorkOptions): Promise<TestWork> {
  const { application, server, database, clock, onPurge } = options
  const { handlers, schedules } = server
  if (handlers.length + schedules.length === 0) return { settled: async () => [], stop: async () => {} }
  const { db, pool } = database
  const { bounds } = pool
  const { resources: catalogue } = application
  const { repository, commits } = database.repository({ clock })
  const failed: FailedWork[] = []
  const purges = { purge: async (tags: readonly string[]) => onPurge(tags) }
  const work = new SystemWork({ catalogue, repository, commits, guards: server.guards, purges })
  const log = new ChangeLog(db, bounds)
  const store = new DeliveryStore(db, bounds)
  const [holder, isBusy] = [randomUUID(), () => false]
  const events = startEvents({
    ...{ db, bounds, catalogue, holder, isBusy, unreadyIndexes: () => [], observe: () => {} },
    times: { ...drainTimes, idleMs: 5, pollMs: 10 },
  })
  const stopHandlers = startHandlers({
    ...{ db, store, log, work, handlers, holder, clock, isBusy },
    totals: new DeliveryTotals(),
    isReady: () => true,
    lease: leaseTimes,
    times: { ...deliveryTimes, idleMs: 5, saveMs: 5, reloadMs: 50, graceMs: 500 },
    observe(told) {
      if (told.kind !== 'failed' && told.kind !== 'dead') return
      const { subscriber, attempt, reason, kind } = told
      failed.push({
        ...{ name: subscriber.replace('handler:', ''), attempt, reason },
        isGivenUp: kind === 'dead',
      })
    },
  })
  const stopSchedules = startSchedules(schedules, {
    ...{ db, work, holder, clock },
    times: { ...leaseTimes, delaysMs: [0, 0] },
    observe(told) {
      if (told.kind !== 'failed') return
      const isGivenUp = told.attempt > 2
      failed.push({ name: told.job, attempt: told.attempt, reason: told.reason, isGivenUp })
    },
  })
  const settled = async (): Promise<readonly FailedWork[]> => {
    const untilMs = performance.now() + patienceMs
    const isOver = () => isAtRest({ db, log, store, catalogue, handlers, schedules, nowMs: clock() })
    while (!(await isOver())) {
      if (performance.now() > untilMs) throw new Error('handlers or jobs have not ended within 30 s')
      await sleep(5)
    }
    return failed.splice(0)
  }
  // Handlers get what is written after their start, and jobs run at times after it.
  await settled()
  return {
    settled,
    async stop() {
      await stopHandlers()
      await stopSchedules()
      await events.stop()
      await repository.drain()
    },
  }
}
