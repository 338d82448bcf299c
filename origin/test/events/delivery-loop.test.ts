import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DeliveryLoop, deliveryTimes } from '../../src/deliveries/delivery-loop.ts'
import { DeliveryTotals } from '../../src/deliveries/delivery-totals.ts'
import { ChangeLog, type Entry } from '../../src/store/change-log.ts'
import { DeliveryStore, type SubscriberRecord } from '../../src/store/delivery-store.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

const name = 'handler:counts'
let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database.drop())

it('saves the position of a delivery that ends while an earlier position is saved', async () => {
  const { db, pool } = database
  const log = new ChangeLog(db, pool.bounds)
  const entry = (document: string): Entry => ({
    ...{ event: `event.${document}`, resource: 'places', document, type: 'created', version: 1 },
    at: new Date().toISOString(),
  })
  await log.append([entry('one'), entry('two')], 1, 3_600_000)

  const { promise: savesFirst, resolve: tell } = Promise.withResolvers<void>()
  const { promise: delivered, resolve: end } = Promise.withResolvers<void>()
  const saved: number[] = []
  /** The first save is answered after the second event has been delivered. */
  class SlowStore extends DeliveryStore {
    override async save(record: SubscriberRecord, position: number): Promise<boolean> {
      saved.push(position)
      const isSaved = await super.save(record, position)
      tell()
      await delivered
      return isSaved
    }
  }
  const store = new SlowStore(db, pool.bounds)
  const loop = new DeliveryLoop({
    ...{ log, store, isHeld: () => true, isBusy: () => false, observe: () => {} },
    totals: new DeliveryTotals().of(name),
    times: { ...deliveryTimes, idleMs: 10, saveMs: 0 },
    subscriber: {
      ...{ name, from: 0, wants: () => true, concurrency: 2, delaysMs: [] },
      async deliver({ document }) {
        if (document === 'one') return undefined
        await savesFirst
        // The loop has taken note of it before the save is answered.
        setTimeout(end, 50)
        return undefined
      },
    },
  })
  const stopping = new AbortController()
  const run = loop.run(stopping.signal)
  const deadline = performance.now() + 60_000
  while ((await store.subscribers())[0]?.position !== 2) {
    expect(performance.now(), 'still not saved').toBeLessThan(deadline)
    await sleep(10)
  }
  expect(saved).toEqual([1, 2])
  stopping.abort()
  await run
})
