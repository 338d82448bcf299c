import type { Priority } from '@spillway/origin/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Listing } from '../../src/store/listing.ts'
import { MongoCommands } from '../../src/store/mongo-commands.ts'
import { joined, Records } from '../../src/store/records.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { inTime } from './documents.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database.drop())

/** The real commands, with a record of running lists. */
class Watched extends MongoCommands {
  inflight = 0
  inflightMax = 0
  readonly order: string[] = []

  override async list(collection: string, listing: Listing, timeoutMs: number) {
    this.order.push(collection)
    this.inflight += 1
    this.inflightMax = Math.max(this.inflightMax, this.inflight)
    const records = await super.list(collection, listing, timeoutMs)
    this.inflight -= 1
    return records
  }
}

/** Counts commands in flight, and tells the ids of each find. */
class Counted extends MongoCommands {
  inflight = 0
  inflightMax = 0
  readonly finds: (readonly string[])[] = []
  /** Ends the list, which holds its connection until then. */
  readonly free: () => void
  readonly #isFree: Promise<void>

  constructor(...options: ConstructorParameters<typeof MongoCommands>) {
    super(...options)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#isFree = promise
    this.free = resolve
  }

  override async list(collection: string, listing: Listing, timeoutMs: number) {
    return this.#counting(async () => {
      await this.#isFree
      return super.list(collection, listing, timeoutMs)
    })
  }

  override async find(collection: string, ids: readonly string[], timeoutMs: number) {
    this.finds.push(ids)
    return this.#counting(() => super.find(collection, ids, timeoutMs))
  }

  async #counting<Result>(command: () => Promise<Result>): Promise<Result> {
    this.inflight += 1
    this.inflightMax = Math.max(this.inflightMax, this.inflight)
    try {
      return await command()
    } finally {
      this.inflight -= 1
    }
  }
}

function watch(poolSize: number) {
  const commands = new Watched(database.db, { majorityTimeoutMs: 5_000 })
  return { commands, records: recordsOf(commands, poolSize) }
}

const recordsOf = (commands: MongoCommands, poolSize: number) =>
  new Records(commands, joined(poolSize), {
    now: () => performance.now(),
    sleep: async () => {},
    random: () => 0,
    atTurnEnd: setImmediate,
    after: setTimeout,
  })

const listOf = (number: number): Listing => ({ filter: { _v: { $gt: number } }, sort: { _id: 1 }, limit: 1 })

it('lists of one collection leave room for those of another', async () => {
  const { commands, records } = watch(8)
  await Promise.all(
    Array.from({ length: 20 }, (_, number) => records.list('places', listOf(number), inTime())),
  )
  expect(commands.inflightMax).toBe(3)
})

it('lists of all collections leave connections for other commands, and take turns', async () => {
  const { commands, records } = watch(4)
  const collections = ['places', 'trips', 'advisories']
  const lists = collections.flatMap((collection) =>
    Array.from({ length: 20 }, (_, number) => records.list(collection, listOf(number), inTime())),
  )
  const outcomes = await Promise.all(lists)
  expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['records']))
  expect(commands.inflightMax).toBe(2)
  // The first collection yields to lists of others that wait.
  expect(new Set(commands.order.slice(0, 12))).toEqual(new Set(collections))
})

it('room goes to a critical list before those of another collection that waited for longer', async () => {
  const { commands, records } = watch(2)
  const ask = (collection: string, priority: Priority, count: number) =>
    Array.from({ length: count }, (_, number) =>
      records.list(collection, listOf(number), { ...inTime(), priority }),
    )
  await Promise.all([
    ...ask('places', 'normal', 5),
    ...ask('advisories', 'normal', 5),
    ...ask('trips', 'critical', 3),
  ])
  // The first list was sent before the others arrived.
  expect(commands.order.slice(1, 4)).toEqual(['trips', 'trips', 'trips'])
})

it('reads that come while all connections are in use share one command', async () => {
  const commands = new Counted(database.db, { majorityTimeoutMs: 5_000 })
  const records = recordsOf(commands, 1)
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const list = records.list('places', listOf(0), inTime())
  await turn()
  const finds: Promise<unknown>[] = []
  // Each comes in a turn of its own.
  for (const id of ['a', 'b', 'c']) {
    finds.push(records.find('places', id, inTime()))
    await turn()
  }
  commands.free()
  await Promise.all([list, ...finds])
  expect(commands.finds).toEqual([['a', 'b', 'c']])
  expect(commands.inflightMax).toBe(1)
})
