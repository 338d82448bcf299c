import type { Socket } from 'node:net'
import { headers as names } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FaultProxy, startFaultProxy } from '../../dev/fault-proxy.ts'
import { initiate, type Member, startMember } from '../../dev/mongod.ts'
import { CommandBounds } from '../../src/store/command-bounds.ts'
import { openRepository } from '../../src/store/open-repository.ts'
import { openPool, type Pool } from '../../src/store/pool.ts'
import type { Repository } from '../../src/store/repository.ts'
import { type OriginProcess, startOriginProcess } from '../support/origin-process.ts'
import { inTime, place, places } from './documents.ts'

const until = async (reached: () => boolean | Promise<boolean>) => {
  while (!(await reached())) await new Promise((resolve) => setTimeout(resolve, 5))
}

let member: Member
let proxy: FaultProxy
let uri: string
beforeAll(async () => {
  member = await startMember({})
  await initiate([member])
  proxy = await startFaultProxy(member.port)
  uri = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`
})
afterEach(() => proxy.apply({ kind: 'pass' }))
afterAll(async () => {
  await proxy?.stop()
  await member?.stop()
})

describe('a driver whose commands never end', () => {
  /** A database that swallows commands until `end` is called, and ignores abort signals. */
  function swallowing(real: Db) {
    let isSwallowing = true
    const database = {
      command: (...parts: Parameters<Db['command']>) =>
        isSwallowing ? new Promise(() => {}) : real.command(...parts),
      collection: real.collection.bind(real),
    }
    // The store uses only these two members of a database.
    return { database: database as unknown as Db, end: () => (isSwallowing = false) }
  }

  it('delays readers and writers of a collection up to their bound', async () => {
    const pool = await openPool({ uri, database: 'hung', poolSize: 4 })
    const { database, end } = swallowing(pool.db)
    const timers = new Set<() => void>()
    const bounds = new CommandBounds({
      now: () => 0,
      after: (run) => {
        timers.add(run)
        return () => timers.delete(run)
      },
    })
    const { repository } = openRepository(database, { bounds })
    /** Calls one after the other, each once the one before has been sent: commands of one moment are joined. */
    const inTurn = async <Outcome>(
      sent: number,
      waiting: number,
      call: (index: number) => Promise<Outcome>,
    ) => {
      const before = timers.size
      const outcomes: Promise<Outcome>[] = []
      for (let index = 0; index < sent; index += 1) {
        outcomes.push(call(index))
        await until(() => timers.size > before + index)
      }
      for (let index = 0; index < waiting; index += 1) outcomes.push(call(sent + index))
      return Promise.all(outcomes)
    }
    // At most three batches of reads and two of creates are in flight: one more command has to wait.
    const reads = await inTurn(3, 1, (index) => repository.read(places, `${index}`, inTime(1_000)))
    const creates = await inTurn(2, 1, (index) =>
      repository.create(places, { fields: place(`Hung ${index}`, 1) }, undefined, inTime(1_000)),
    )
    expect(reads).toEqual(Array.from({ length: 4 }, () => ({ kind: 'notDone', reason: 'deadline' })))
    // Two were sent and may have happened; the third was not.
    expect(creates.map(({ kind }) => kind)).toEqual(['unknown', 'unknown', 'notDone'])
    expect(timers.size).toBe(5)
    end()
    for (const run of [...timers]) run()
    expect(bounds.givenUp).toBe(5)
    const created = await repository.create(places, { fields: place('After', 1) }, undefined, inTime())
    if (created.kind !== 'created') throw new Error(created.kind)
    expect((await repository.read(places, created.document.id, inTime())).kind).toBe('found')
    await repository.drain()
    await pool.close()
  })
})

describe('a server that has gone silent', () => {
  let pool: Pool
  let repository: Repository
  beforeAll(async () => {
    pool = await openPool({ uri, database: 'silent', poolSize: 4 })
    repository = openRepository(pool.db, { bounds: pool.bounds, primary: pool.primary }).repository
  })
  afterAll(() => pool?.close())

  it('makes commands overdue, then given up, and frees their connections', async () => {
    await repository.read(places, 'a', inTime())
    await proxy.apply({ kind: 'stall' })
    const reads = Array.from({ length: 3 }, (_, index) => repository.read(places, `${index}`, inTime(100)))
    expect(new Set((await Promise.all(reads)).map(({ kind }) => kind))).toEqual(new Set(['notDone']))
    await until(() => pool.bounds.isAnyOverdue)
    await until(() => pool.bounds.givenUp > 0)
    expect(pool.bounds.isAnyOverdue).toBe(false)
    await until(() => pool.inUse === 0)
    await proxy.apply({ kind: 'pass' })
    await until(async () => (await repository.read(places, 'a', inTime())).kind === 'notFound')
    await repository.drain()
    expect(pool.inUse).toBe(0)
  })
})

describe('a server that closes its connections in the turn in which they are used', () => {
  it('costs the commands in flight, and no connection', async () => {
    const pool = await openPool({ uri, database: 'closed', poolSize: 4 })
    const { repository } = openRepository(pool.db, { bounds: pool.bounds, primary: pool.primary })
    for (let round = 0; round < 5; round += 1) {
      await until(() => idleSockets(pool).length >= 2)
      for (const socket of idleSockets(pool)) socket.destroy()
      const outcomes = await Promise.all([
        repository.read(places, 'a', inTime()),
        repository.create(places, { fields: place(`Closed ${round}`, 1) }, undefined, inTime()),
      ])
      // A reader may have to retry; the store itself retries a create.
      expect(['notFound', 'notDone']).toContain(outcomes[0].kind)
      expect(outcomes[1].kind).toBe('created')
    }
    await repository.drain()
    expect(pool.inUse).toBe(0)
    expect(pool.bounds.givenUp).toBe(0)
    expect(await pool.db.collection('places').countDocuments()).toBe(5)
    await pool.close()
  })

  /** The driver's internal sockets: there is no public access, and a server cannot be told when to close them. */
  function idleSockets({ db }: Pool): Socket[] {
    const { topology } = db.client as unknown as {
      readonly topology: {
        readonly s: {
          readonly servers: Map<
            string,
            { readonly pool: { readonly connections: Iterable<{ socket: Socket }> } }
          >
        }
      }
    }
    return [...topology.s.servers.values()].flatMap(({ pool }) =>
      Array.from(pool.connections, ({ socket }) => socket),
    )
  }
})

describe('a process with commands that do not end', () => {
  const running: OriginProcess[] = []
  afterEach(async () => {
    for (const { child, exited } of running.splice(0)) {
      child.signal('SIGKILL')
      await exited
    }
  })

  it('is unready meanwhile, serves again afterwards, and exits with 0 on SIGTERM', async () => {
    const origin = await startOriginProcess('hung-process', { MONGODB_URI: uri, POOL_SIZE: '4' })
    running.push(origin)
    const read = async () => (await origin.send('GET', '/v2/places/1')).status
    const readBriefly = async () =>
      (await origin.send('GET', '/v2/places/1', { headers: { [names.timeoutMs]: '1000' } })).status
    const readiness = async () => (await origin.send('GET', '/readyz')).json
    expect(await read()).toBe(404)
    await proxy.apply({ kind: 'stall' })
    const statuses = await Promise.all([readBriefly(), readBriefly(), readBriefly()])
    for (const status of statuses) expect([503, 504]).toContain(status)
    await until(async () => (await readiness()).checks.commands.ok === false)
    await proxy.apply({ kind: 'pass' })
    await until(async () => (await readiness()).status === 'ready')
    await until(async () => (await read()) === 404)

    await proxy.apply({ kind: 'stall' })
    await Promise.all([readBriefly(), readBriefly(), readBriefly()])
    origin.child.signal('SIGTERM')
    expect(await origin.exited).toBe(0)
    expect(origin.output()).toContain('"msg":"drained"')
  })
})
