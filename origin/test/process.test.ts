import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { startFaultProxy } from '../dev/fault-proxy.ts'
import { edgeKeySet } from './support/assertions.ts'
import { alice } from './support/client.ts'
import { mongodbUri } from './support/database.ts'
import { type OriginProcess, runOrigin, startOriginProcess } from './support/origin-process.ts'
import { trip } from './support/samples.ts'

const database = `process-${randomUUID().slice(0, 8)}`
const running: Pick<OriginProcess, 'child' | 'exited'>[] = []
afterEach(async () => {
  for (const { child, exited } of running.splice(0)) {
    child.signal('SIGKILL')
    await exited
  }
})
afterAll(async () => {
  const client = new MongoClient(mongodbUri())
  await client.db(database).dropDatabase()
  await client.close()
})

async function start(env: Record<string, string> = {}): Promise<OriginProcess> {
  const origin = await startOriginProcess(database, env)
  running.push(origin)
  return origin
}

const until = async (reached: () => boolean | Promise<boolean>) => {
  while (!(await reached())) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('on SIGTERM', () => {
  for (const processes of ['1', '2']) {
    it(`${processes} process(es): finishes writes in flight, refuses new ones, exits with 0`, async () => {
      const origin = await start({ PROCESSES: processes })
      const writes = Array.from({ length: 40 }, () =>
        origin.send('POST', '/v2/trips', { as: alice, body: trip }).catch((error: Error) => error),
      )
      await Promise.race(writes)
      origin.child.signal('SIGTERM')
      const outcomes = await Promise.all(writes)
      expect(await origin.exited).toBe(0)
      const client = new MongoClient(mongodbUri())
      const stored = client.db(database).collection<{ _id: string }>('trips')
      let created = 0
      for (const outcome of outcomes) {
        // Late requests were refused; none was cut off.
        if (outcome instanceof Error) expect(outcome.message).toMatch(/ECONNREFUSED|ECONNRESET|hang up/)
        else if (outcome.status === 201) {
          created += 1
          expect(await stored.findOne({ _id: outcome.json.id })).not.toBeNull()
        } else expect(outcome.json.code).toBe('draining')
      }
      await client.close()
      expect(created).toBeGreaterThan(0)
      await expect(origin.send('GET', '/livez')).rejects.toThrow()
    })
  }

  it('repeated, and sent to the workers as well, cuts off no request', async () => {
    const origin = await start({ PROCESSES: '2' })
    const workers = () =>
      [...origin.output().matchAll(/"pid":(\d+),[^\n]*"msg":"listening"/g)].map(([, pid]) => Number(pid))
    await until(() => workers().length === 2)
    // A request in progress keeps the drain from ending before the second signal.
    const socket = connect(origin.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(
      'POST /livez HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{',
    )
    await origin.send('GET', '/livez')
    const stop = (pids: readonly number[]) => {
      for (const pid of pids) send(pid, 'SIGTERM')
    }
    const all = [origin.child.pid, ...workers()]
    stop(all)
    await until(() => origin.output().includes('"msg":"draining"'))
    stop(all)
    socket.write('}')
    socket.end()
    expect(await origin.exited).toBe(0)
    expect(origin.output().match(/"msg":"drained"/g)).toHaveLength(2)
  })

  it('SIGINT drains as well', async () => {
    const origin = await start()
    origin.child.signal('SIGINT')
    expect(await origin.exited).toBe(0)
  })

  it('a drain beyond its time limit exits with 1', async () => {
    const origin = await start({ DRAIN_TIMEOUT_MS: '200' })
    // A request that never ends, because its body does not arrive.
    const socket = connect(origin.port, '127.0.0.1', () => {
      socket.write(
        'POST /livez HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n',
      )
    })
    socket.on('error', () => {})
    await once(socket, 'connect')
    await origin.send('GET', '/livez')
    origin.child.signal('SIGTERM')
    expect(await origin.exited).toBe(1)
    expect(origin.output()).toContain('The drain took longer than 200 ms')
  })
})

it('a killed process leaves no key half used: every repeated create exists once, as first answered', async () => {
  const send = (origin: OriginProcess, key: string) =>
    origin.send('POST', '/v2/trips', {
      as: alice,
      headers: { 'idempotency-key': key },
      body: { ...trip, title: key },
    })
  const keys = Array.from({ length: 120 }, () => randomUUID())
  const first = await start()
  const writes = keys.map((key) => send(first, key).catch((error: Error) => error))
  await Promise.race(writes)
  first.child.signal('SIGKILL')
  const answers = await Promise.all(writes)

  const second = await start()
  const repeated = await Promise.all(keys.map((key) => send(second, key)))
  expect(new Set(repeated.map(({ status }) => status))).toEqual(new Set([201]))
  for (const [index, answer] of answers.entries()) {
    if (answer instanceof Error) continue
    expect(answer.status).toBe(201)
    expect(repeated[index]?.headers['idempotency-replayed']).toBe('true')
    expect(repeated[index]?.text).toBe(answer.text)
  }
  const client = new MongoClient(mongodbUri())
  const stored = client.db(database).collection('trips')
  expect(await stored.countDocuments({ title: { $in: keys } })).toBe(keys.length)
  await client.close()
})

/** A supervisor whose workers have started and cannot serve, because the database does not answer. */
async function starting() {
  const [, port] = /:(\d+)/.exec(mongodbUri()) ?? []
  const silent = await startFaultProxy(Number(port))
  onTestFinished(() => silent.stop())
  await silent.apply({ kind: 'stall' })
  const origin = await runOrigin({
    MONGODB_URI: `mongodb://127.0.0.1:${silent.port}/?directConnection=true`,
    MONGODB_DATABASE: database,
    EDGE_ASSERTION_JWKS: edgeKeySet,
    POOL_SIZE: '1',
    PORT: '0',
    PROCESSES: '2',
  })
  running.push(origin)
  let workers: number[] = []
  await until(async () => {
    const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'ppid=,pid='])
    const processes = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
    workers = processes.flatMap(([parent, pid = 0]) => (parent === origin.child.pid ? [pid] : []))
    return workers.length === 2
  })
  return { origin, workers }
}

describe('several processes', () => {
  it('share one port, and sum their metrics', async () => {
    const origin = await start({ PROCESSES: '2' })
    const total = async () => {
      const { text } = await origin.send('GET', '/metrics')
      expect(text).toMatch(/^origin_pool_connections\{state="size"\} 4$/m)
      const counts = text.matchAll(/_count\{route="\/v2\/places",operation="list",status="2xx"\} (\d+)/g)
      return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
    }
    await until(async () => (await origin.send('GET', '/metrics')).text.includes('{state="size"} 4'))
    // One connection per request, so that both workers get some.
    await Promise.all(
      Array.from({ length: 20 }, () =>
        origin.send('GET', '/v2/places', { headers: { connection: 'close' } }),
      ),
    )
    expect(await total()).toBe(20)
  })

  it('a worker that crashes is replaced', async () => {
    const origin = await start({ PROCESSES: '2' })
    const workers = () =>
      [...origin.output().matchAll(/"pid":(\d+),[^\n]*"msg":"listening"/g)].map(([, pid]) => Number(pid))
    await until(() => workers().length === 2)
    process.kill(workers()[0] as number, 'SIGKILL')
    await until(() => workers().length === 3)
    expect((await origin.send('GET', '/livez')).status).toBe(200)
    origin.child.signal('SIGTERM')
    expect(await origin.exited).toBe(0)
  })

  it('all end if one cannot start, so that none serves with fewer processes than configured', async () => {
    const { origin, workers } = await starting()
    const [first, second] = workers as [number, number]
    process.kill(first, 'SIGKILL')
    expect(await origin.exited).toBe(1)
    expect(isAlive(second)).toBe(false)
  })

  it('exit with 0 if stopped before any of them serves', async () => {
    const { origin } = await starting()
    origin.child.signal('SIGTERM')
    expect(await origin.exited).toBe(0)
  })

  it('all end when the supervisor is killed', async () => {
    const origin = await start({ PROCESSES: '2' })
    const workers = () =>
      [...origin.output().matchAll(/"pid":(\d+),[^\n]*"msg":"listening"/g)].map(([, pid]) => Number(pid))
    await until(() => workers().length === 2)
    origin.child.signal('SIGKILL')
    await origin.exited
    await until(() => workers().every((pid) => !isAlive(pid)))
  })
})

const isAlive = (pid: number): boolean => send(pid, 0)

/** @returns whether there is such a process */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false
  }
}

describe.concurrent('a failed start prints its reason in one line', () => {
  const good = () => ({
    MONGODB_URI: mongodbUri(),
    MONGODB_DATABASE: database,
    EDGE_ASSERTION_JWKS: edgeKeySet,
    POOL_SIZE: '1',
  })
  const attempt = async (env: Record<string, string>) => {
    const origin = await runOrigin(env)
    expect(await origin.exited).toBe(1)
    expect(origin.output()).not.toMatch(/\n\s+at /)
    return origin.output()
  }

  it('every missing variable', async () => {
    const output = await attempt({})
    expect(output).toContain('MONGODB_URI is not set')
    expect(output).toContain('EDGE_ASSERTION_JWKS is not set')
  })

  for (const processes of ['1', '2']) {
    it(`a port in use, with ${processes} process(es)`, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as { port: number }
      const output = await attempt({ ...good(), PORT: String(port), PROCESSES: processes })
      await new Promise((resolve) => server.close(resolve))
      expect(output).toContain(`Port ${port} is in use: stop what listens on it, or set PORT to a free one.`)
    })
  }

  it('an invalid key set', async () => {
    expect(await attempt({ ...good(), EDGE_ASSERTION_JWKS: '{"keys":[]}' })).toContain(
      'the key set has no keys',
    )
  })

  it('an unreachable database, without its address', async () => {
    const uri = 'mongodb://user:swordfish@127.0.0.1:9/?serverSelectionTimeoutMS=100'
    const output = await attempt({ ...good(), MONGODB_URI: uri, SERVER_SELECTION_TIMEOUT_MS: '100' })
    expect(output).toContain('The database cannot be reached')
    expect(output).not.toMatch(/swordfish|127\.0\.0\.1:9/)
  })
})

it('reads keys in a file again on SIGHUP, and when the file changes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-keys-'))
  const file = join(folder, 'edge.json')
  await writeFile(file, edgeKeySet)
  const origin = await start({ EDGE_ASSERTION_JWKS: pathToFileURL(file).href })
  const status = async () => (await origin.send('GET', '/v2/places')).status
  expect(await status()).toBe(200)
  // Another key with the same id: assertions of the old one are no longer valid.
  const stranger = JSON.parse(edgeKeySet)
  stranger.keys[0].x = `A${stranger.keys[0].x.slice(1)}`
  await writeFile(file, JSON.stringify(stranger))
  origin.child.signal('SIGHUP')
  await until(async () => (await status()) === 401)
  await writeFile(file, edgeKeySet)
  await until(async () => (await status()) === 200)
  // After an unreadable file, the last good keys stay in use.
  await writeFile(file, '{')
  origin.child.signal('SIGHUP')
  await until(() => origin.output().includes('cannot be read'))
  expect(await status()).toBe(200)
  await rm(folder, { recursive: true })
})
