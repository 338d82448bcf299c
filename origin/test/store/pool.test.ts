import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { initiate, type Member, replicaSetName, startMember } from '../../dev/mongod.ts'
import { openRepository } from '../../src/store/open-repository.ts'
import { monitoringConnections, openPool, type PoolObservation } from '../../src/store/pool.ts'
import { unjoined } from '../../src/store/records.ts'
import { startOriginProcess } from '../support/origin-process.ts'
import { inTime, place, places } from './documents.ts'

/** A server for this test alone, so that all of its connections count. */
let member: Member
let uri: string
beforeAll(async () => {
  member = await startMember({})
  await initiate([member])
  uri = `mongodb://127.0.0.1:${member.port}/?replicaSet=${replicaSetName}`
})
afterAll(() => member.stop())

const until = async (reached: () => boolean | Promise<boolean>) => {
  while (!(await reached())) await sleep(10)
}

/** The watcher's own connections: one for commands, one for monitoring. */
const ownConnections = 2

/** Counts the server's connections beyond its own, once all earlier ones are gone. */
async function watchConnections() {
  const watcher = new MongoClient(`mongodb://127.0.0.1:${member.port}`, {
    directConnection: true,
    maxPoolSize: 1,
    serverMonitoringMode: 'poll',
  })
  const current = async () =>
    (await watcher.db('admin').command({ serverStatus: 1 })).connections.current as number
  await until(async () => (await current()) === ownConnections)
  return { count: async () => (await current()) - ownConnections, stop: () => watcher.close() }
}

it('the server never sees more connections than the budget, and waiting for one is observed', async () => {
  const connections = await watchConnections()

  const poolSize = 3
  const observations: PoolObservation[] = []
  const pool = await openPool({
    uri,
    database: 'budget',
    poolSize,
    waitQueueTimeoutMs: 30_000,
    observe: (observation) => observations.push(observation),
  })
  const { repository } = openRepository(pool.db, { lanes: unjoined })
  const samples: number[] = []
  for (let round = 0; round < 20; round += 1) {
    const reads = Array.from({ length: 50 }, (_, id) => repository.read(places, `${round}-${id}`, inTime()))
    samples.push(await connections.count())
    await Promise.all(reads)
  }
  expect(Math.max(...samples)).toBeLessThanOrEqual(poolSize + monitoringConnections)
  expect(Math.max(...samples)).toBeGreaterThanOrEqual(poolSize)
  expect(pool.open).toBeLessThanOrEqual(poolSize)
  expect(observations.some((seen) => seen.kind === 'checkedOut' && seen.waitMs > 0)).toBe(true)
  expect(await pool.ping(1_000)).toBe(true)
  await repository.drain()
  expect(pool.inUse).toBe(0)
  await pool.close()
  await connections.stop()
})

it('all processes of an instance together stay within the budget, from start to end', async () => {
  const connections = await watchConnections()
  const [processes, poolSize] = [2, 3]
  const samples: number[] = []
  const { promise: over, resolve: end } = Promise.withResolvers<'over'>()
  const watching = (async () => {
    do samples.push(await connections.count())
    while ((await Promise.race([over, sleep(5)])) !== 'over')
  })()
  const origin = await startOriginProcess('budget-of-all', {
    MONGODB_URI: uri,
    PROCESSES: `${processes}`,
    POOL_SIZE: `${poolSize}`,
    CONNECTION_SHARE: `${processes * poolSize}`,
  })
  onTestFinished(() => void origin.child.signal('SIGKILL'))
  const listening = () => origin.output().match(/"msg":"listening"/g)?.length
  await until(() => listening() === processes)
  const statuses = await Promise.all(
    Array.from({ length: 600 }, async (_, index) => {
      const search = `?population[gte]=${index}`
      return (await origin.send('GET', `/v2/places${index % 2 ? `/${index}` : search}`)).status
    }),
  )
  // Load beyond the connections is shed; no connection is added.
  for (const status of statuses) expect([200, 404, 503, 504]).toContain(status)
  expect(statuses).toContain(200)
  origin.child.signal('SIGTERM')
  expect(await origin.exited).toBe(0)
  end('over')
  await watching
  expect(Math.max(...samples)).toBeLessThanOrEqual(processes * (poolSize + monitoringConnections))
  expect(Math.max(...samples)).toBeGreaterThanOrEqual(processes * poolSize)
  await connections.stop()
})

it('a command without a connection in time is not done', async () => {
  const pool = await openPool({ uri, database: 'budget', poolSize: 1, waitQueueTimeoutMs: 20 })
  const { repository } = openRepository(pool.db, { lanes: unjoined })
  // Opens the connection.
  await until(async () => (await repository.read(places, 'first', inTime())).kind === 'notFound')
  const outcomes = await Promise.all(
    Array.from({ length: 400 }, (_, id) => repository.read(places, `${id}`, inTime())),
  )
  expect(outcomes.filter(({ kind }) => kind === 'notFound').length).toBeGreaterThan(0)
  expect(outcomes).toContainEqual({ kind: 'notDone', reason: 'busy' })
  const writes = await Promise.all(
    Array.from({ length: 400 }, (_, id) =>
      repository.create(places, { fields: place(`Crowd ${id}`, id) }, undefined, inTime()),
    ),
  )
  const created = writes.filter(({ kind }) => kind === 'created').length
  expect(created).toBeGreaterThan(0)
  expect(writes).toContainEqual({ kind: 'notDone', reason: 'busy' })
  expect(await pool.db.collection('places').countDocuments()).toBe(created)
  await pool.close()
})

it('refuses a pool without connections', async () => {
  await expect(openPool({ uri, database: 'budget', poolSize: 0 })).rejects.toThrow(RangeError)
})
