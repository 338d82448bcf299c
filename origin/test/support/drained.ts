import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Catalogue } from '@spillway/origin/contract'
import { drainTimes } from '../../src/events/drain.ts'
import { startEvents } from '../../src/events/start-events.ts'
import { hasOutbox } from '../../src/store/outbox.ts'
import type { TestDatabase } from './database.ts'

const times = { ...drainTimes, beatMs: 50, silenceMs: 1_000, idleMs: 10, pollMs: 20 }

/** Drains, as a process of its own would, until no document has events. */
export async function drained(database: TestDatabase, catalogue: Catalogue): Promise<void> {
  const started = startEvents({
    db: database.db,
    bounds: database.pool.bounds,
    catalogue,
    unreadyIndexes: () => [],
    isBusy: () => false,
    holder: randomUUID(),
    observe: () => {},
    times,
  })
  const deadline = performance.now() + 20_000
  const collections = [...catalogue.values()]
    .filter(hasOutbox)
    .map(({ name }) => database.db.collection(name))
  for (const collection of collections) {
    while ((await collection.countDocuments({ '_out.since': { $exists: true } })) > 0) {
      if (performance.now() > deadline) throw new Error('not drained within 20 s')
      await sleep(10)
    }
  }
  await started.stop()
}
