import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { cacheFolder, root } from '../stack/folders.ts'
import { freePort, isPortFree } from '../stack/ports.ts'

/** `npm start`, as a person uses it, on a folder of its own: the person's may be in use. */

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

  test.each(['', '{"alg":"ES2', 'null'])(
    'names a key file that holds %j, and what to do',
    async (content) => {
      const broken = await mkdtemp(join(tmpdir(), 'spillway-start-'))
      await mkdir(join(broken, 'keys'))
      await writeFile(join(broken, 'keys', 'issuer-es256.json'), content)
      const run = await start({ SPILLWAY_FOLDER: broken })

      expect(await run.exit).toBe(1)
      expect(run.output()).toContain('issuer-es256.json does not hold a private ES256 key: delete it')
      await rm(broken, { recursive: true })
    },
  )

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
    await expect.poll(run.output, { timeout: 120_000 }).toContain('Spillway is up')

    const token = /^TOKEN=\S+$/m.exec(run.output())?.[0]
    const commands = run.output().match(/^curl .*$/gm) ?? []
    expect(commands).toHaveLength(3)
    const [list, write, readBack] = await Promise.all(
      commands.map((command) => shell(`${token}; ${command}`)),
    )
    expect(JSON.parse(list as string).items).toHaveLength(3)
    expect(write).toMatch(/^HTTP\/1\.1 201 /)
    expect(readBack).toMatch(/^HTTP\/1\.1 200 /)

    run.child.kill('SIGINT')
    expect(await run.exit).toBe(0)
    for (const port of run.ports) expect(await isPortFree(port)).toBe(true)
  })

  test('stops when it is told to while it starts', async () => {
    const run = await start({})
    await expect.poll(run.output, { timeout: 60_000 }).toContain('Starting the database')
    run.child.kill('SIGTERM')

    expect(await run.exit).toBe(0)
    for (const port of run.ports) expect(await isPortFree(port)).toBe(true)
  })
})

async function start(env: Record<string, string>) {
  const ports = [await freePort(), await freePort(), await freePort()] as const
  const [EDGE_PORT, ORIGIN_PORT, ISSUER_PORT] = ports.map(String)
  const child = spawn(process.execPath, [join(root, 'bench/stack/start.ts')], {
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

async function shell(command: string): Promise<string> {
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  await once(child, 'close')
  return output
}
