import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startIssuer } from '@spillway/edge/dev/issuer'
import { createKey } from '@spillway/edge/dev/keys'
import type { TokenRequest } from '@spillway/edge/dev/token'
import { copyCheckout } from '@spillway/infra/local/checkout-copy'
import { publicPaths } from '@spillway/origin/contract'
import { cacheFolder, root } from '@spillway/origin/dev/folders'
import { freePort, isPortFree } from '@spillway/origin/dev/ports'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { startCopy } from '../reload/rounds.ts'

/** `npm start` as a person uses it, on a folder of its own, since the person's may be in use. */

let program: ChildProcess | undefined
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-start-'))
})

afterEach(() => {
  program?.kill('SIGKILL')
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('npm start', () => {
  test('says which port is in use and what to set, and starts nothing', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const { port } = squatter.address() as { port: number }

    const run = await start({ ORIGIN_PORT: String(port) })
    expect(await run.exit).toBe(1)
    expect(run.output()).toContain(`Port ${port} (origin) is in use`)
    expect(run.output()).toContain('ORIGIN_PORT')
    expect(run.output()).not.toContain('Starting')
    squatter.close()
  })

  test('names a port that is none', async () => {
    const run = await start({ EDGE_PORT: 'eighty' })

    expect(await run.exit).toBe(1)
    expect(run.output()).toContain('EDGE_PORT=eighty is not a port number')
  })

  test('names two tiers that are to have one port', async () => {
    const run = await start({ EDGE_PORT: '4567', ORIGIN_PORT: '4567' })

    expect(await run.exit).toBe(1)
    expect(run.output()).toContain(
      "Port 4567 is to be both edge's and origin's: set ORIGIN_PORT to another one",
    )
  })

  test('names a mistake in TOKEN_ISSUERS', async () => {
    const wrong = { preset: 'auth0', issuer: 'https://shop.eu.auth0.com', audience: 'https://api.shop.test' }
    const run = await start({ TOKEN_ISSUERS: JSON.stringify([wrong]) })

    expect(await run.exit).toBe(1)
    expect(run.output()).toContain('it must have the form https://TENANT.eu.auth0.com/')
    expect(run.output()).not.toContain('Starting')
  })

  test.each(['', 'null'])('names a key file that holds %j, and what to do', async (content) => {
    const broken = await mkdtemp(join(tmpdir(), 'spillway-start-'))
    await mkdir(join(broken, 'keys'))
    await writeFile(join(broken, 'keys', 'issuer-es256.json'), content)
    const run = await start({ SPILLWAY_FOLDER: broken })

    expect(await run.exit).toBe(1)
    expect(run.output()).toContain('issuer-es256.json does not hold a private ES256 key: delete it')
    await rm(broken, { recursive: true })
  })

  /** A home that cannot be written to, a proxy that is not there, and a folder that is named from where npm runs. */
  const harsh = {
    NODE_ENV: 'production',
    HOME: '/dev/null',
    XDG_CACHE_HOME: dirname(cacheFolder),
    ...{ HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9', NODE_USE_ENV_PROXY: '1' },
    ...{ NO_PROXY: '', no_proxy: '' },
  }

  test('prints commands that work when pasted, and leaves nothing running after Ctrl-C', async () => {
    const run = await start({ ...harsh, SPILLWAY_FOLDER: relative(root, folder) })
    await expect.poll(run.output, { timeout: 150_000 }).toContain('Spillway is up')

    const token = /^TOKEN=\S+$/m.exec(run.output())?.[0]
    const commands = run.output().match(/^curl .*$/gm) ?? []
    expect(commands.length).toBeGreaterThan(0)
    const statuses = await Promise.all(commands.map((command) => statusOf(`${token}; ${command}`)))
    for (const [index, status] of statuses.entries()) {
      expect(status, commands[index]).toBe(commands[index]?.includes(' -d ') ? '201' : '200')
    }

    run.child.kill('SIGINT')
    expect(await run.exit).toBe(0)
    for (const port of run.ports) expect(await isPortFree(port)).toBe(true)
  })

  test('writes nothing into a database of somebody else’s, trusts the issuers of TOKEN_ISSUERS, and opens a debugger’s port in each tier', async () => {
    const uri = inject('databaseUri')
    const name = `theirs_${randomUUID().slice(0, 8)}`
    const client = new MongoClient(uri)
    const theirs = client.db(name)
    await theirs.collection('orders').insertOne({ total: 3 })
    await using issuer = await ownIssuer()
    const run = await start(
      { MONGODB_URI: uri.replace('/?', `/${name}?`), TOKEN_ISSUERS: JSON.stringify([issuer.settings]) },
      ['--inspect'],
    )
    await expect.poll(run.output, { timeout: 150_000 }).toContain('Spillway is up')
    const [, origin, edge] = /debug +origin (\S+), edge (\S+)/.exec(run.output()) ?? []
    for (const url of [origin, edge]) {
      const targets = (await (await fetch(url as string)).json()) as { webSocketDebuggerUrl: string }[]
      expect(targets[0]?.webSocketDebuggerUrl).toMatch(/^ws:/)
    }
    const development = /^TOKEN=(\S+)$/m.exec(run.output())?.[1]
    const tokens = [
      await issuer.mint({ sub: 'ann' }),
      development,
      await issuer.mint({ sub: 'ann', claims: { aud: 'web' } }),
    ]
    const answers = await Promise.all(
      tokens.map((token) =>
        fetch(`http://127.0.0.1:${run.ports[0]}${publicPaths.openapi}`, {
          headers: { authorization: `Bearer ${token}` },
        }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 401])
    run.child.kill('SIGTERM')
    expect(await run.exit).toBe(0)

    expect(run.output()).toContain(`Using database '${name}' of MONGODB_URI as it is`)
    const collections = await theirs.listCollections({}, { nameOnly: true }).toArray()
    const counts = await Promise.all(
      collections.map(async (found) => [found.name, await theirs.collection(found.name).countDocuments()]),
    )
    expect(Object.fromEntries(counts)).toEqual({ orders: 1 })
    await theirs.dropDatabase()
    await client.close()
  })

  test('refuses an option that it does not have, and says which it has', async () => {
    const run = await start({}, ['--inspekt'])

    expect(await run.exit).toBe(1)
    expect(run.output()).toContain("Unknown option '--inspekt'")
    expect(run.output()).toContain('npm start -- --inspect')
    expect(run.output()).not.toMatch(/^ +at /m)
  })

  test('stops when it is told to while it starts', async () => {
    const run = await start({})
    await expect.poll(run.output, { timeout: 150_000 }).toContain('Starting the database')
    run.child.kill('SIGTERM')

    expect(await run.exit).toBe(0)
    for (const port of run.ports) expect(await isPortFree(port)).toBe(true)
  })
})

test('npm start goes on after a mistake in a definition, tells it, and reloads when it is mended', {
  timeout: 300_000,
}, async () => {
  const copy = await copyCheckout()
  const copied = await startCopy(copy)
  try {
    const isReloaded = await copied.play({ mistake: 'definition', mendAfterMs: 'told' }, 101)
    expect(isReloaded, copied.output()).toBe(true)
    expect(copied.output()).toMatch(
      /resource 'places':\n(?: +- .*\n)*? +- query\.filter names 'country', which the schema does not have/,
    )
  } finally {
    await copied.stop()
    await rm(copy, { recursive: true, force: true })
  }
})

/** An issuer as a team has one, found by discovery. */
async function ownIssuer() {
  const issuer = await startIssuer({ keys: [await createKey('ES256')] })
  return {
    settings: { preset: 'oidc', issuer: issuer.url, audience: issuer.audience },
    mint: (request: TokenRequest) => issuer.mintToken(request),
    [Symbol.asyncDispose]: () => issuer.stop(),
  }
}

async function start(env: Record<string, string>, args: readonly string[] = []) {
  const ports = [await freePort(), await freePort(), await freePort()] as const
  const [EDGE_PORT, ORIGIN_PORT, ISSUER_PORT] = ports.map(String)
  const child = spawn(process.execPath, [join(root, 'infra/local/start.ts'), ...args], {
    cwd: root,
    env: { ...process.env, SPILLWAY_FOLDER: folder, EDGE_PORT, ORIGIN_PORT, ISSUER_PORT, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  program = child
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, exit, ports, output: () => output }
}

/** Repeats a `curl` after a temporary refusal, as a person would: the machine may be slower than a second. */
async function statusOf(command: string): Promise<string> {
  for (;;) {
    const status = await shell(`${command} -o /dev/null -w '%{http_code}'`)
    if (status !== '503' && status !== '504') return status
    await sleep(200)
  }
}

async function shell(command: string): Promise<string> {
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  await once(child, 'close')
  return output
}
