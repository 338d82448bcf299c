import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, startChild } from '@spillway/origin/dev/child'
import { root } from '@spillway/origin/dev/folders'
import { freePort } from '@spillway/origin/dev/ports'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { parse } from 'yaml'

/**
 * compose.yaml without containers: the commands and the environment of its services, run on this machine in the order of
 * their dependencies. Names of hosts and folders of the containers become those of this machine.
 */

interface Service {
  readonly entrypoint?: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly working_dir: string
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
}

const closing = new AsyncDisposableStack()
let services: Readonly<Record<string, Service>>
/** Things of this machine in the place of a name in the file. */
let here: readonly (readonly [there: string, here: string])[]
let edgePort: number

beforeAll(async () => {
  const text = await readFile(join(root, 'infra/local/compose.yaml'), 'utf8')
  // The cast is safe for what is read below, which would be undefined otherwise and fail.
  ;({ services } = parse(defaulted(text), { merge: true }) as { services: Record<string, Service> })
  const folder = await mkdtemp(join(tmpdir(), 'spillway-compose-'))
  closing.defer(() => rm(folder, { recursive: true, force: true }))
  const [one, two, issuer] = [await freePort(), await freePort(), await freePort()]
  edgePort = await freePort()
  here = [
    ['mongodb://mongod:27017/?replicaSet=rs0', inject('databaseUri')],
    ['MONGODB_DATABASE=spillway', `MONGODB_DATABASE=compose_${edgePort}`],
    ['http://origin-1:3000', `http://127.0.0.1:${one}`],
    ['http://origin-2:3000', `http://127.0.0.1:${two}`],
    ['EDGE_PORT=8787', `EDGE_PORT=${edgePort}\nISSUER_PORT=${issuer}`],
    ['0.0.0.0', '127.0.0.1'],
    ['/keys', folder],
    ['HOME=/tmp', `HOME=${folder}\nSPILLWAY_FOLDER=${folder}`],
  ]
  await run('keys')
  await run('seed')
  await start('origin-1', one)
  await start('origin-2', two)
  await start('edge', edgePort)
})
afterAll(() => closing.disposeAsync())

/** Variables have their defaults: `${NAME:-default}`. */
const defaulted = (text: string): string => text.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')

const translated = (text: string): string =>
  here.reduce((words, [there, local]) => words.replaceAll(there, local), text)

function environmentOf({ environment }: Service): Record<string, string> {
  const lines = translated(
    Object.entries(environment)
      .map((pair) => pair.join('='))
      .join('\n'),
  )
  const pairs = lines
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
  return Object.fromEntries(pairs)
}

function serviceOf(name: string): Service & { readonly entrypoint: readonly string[] } {
  const service = services[name]
  if (service?.entrypoint === undefined) throw new Error(`compose.yaml has no program for ${name}`)
  return { ...service, entrypoint: service.entrypoint }
}

async function begin(name: string, more: Record<string, string> = {}): Promise<Child> {
  const service = serviceOf(name)
  const [, ...args] = service.entrypoint
  const child = await startChild({
    name,
    command: process.execPath,
    args,
    cwd: service.working_dir.replace('/spillway', root),
    env: { PATH: process.env.PATH ?? '', ...environmentOf(service), ...more },
  })
  closing.defer(async () => void (await child.stop(10_000)))
  return child
}

async function run(name: string): Promise<void> {
  const child = await begin(name)
  const { code } = await child.exited
  expect(code, child.tail()).toBe(0)
}

async function start(name: string, port: number): Promise<void> {
  const child = await begin(name, name === 'edge' ? {} : { PORT: String(port) })
  const url = `http://127.0.0.1:${port}${name === 'edge' ? '/openapi.json' : '/readyz'}`
  for (let isReady = false; !isReady; await sleep(50)) {
    isReady = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
    const exit = await Promise.race([child.exited, sleep(0)])
    if (exit !== undefined) throw new Error(`${name} has ended:\n${child.tail()}`)
  }
}

test('edge, origins and database are one system', async () => {
  const answer = await fetch(`http://127.0.0.1:${edgePort}/v2/places?limit=2`)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({ items: [{ name: expect.any(String) }, {}] })
})

test('each service waits for what it needs', () => {
  const needs = (name: string) =>
    Object.entries(services[name]?.depends_on ?? {}).map(([other, { condition }]) => `${other} ${condition}`)
  const done = 'service_completed_successfully'
  for (const name of ['origin-1', 'origin-2']) {
    expect(needs(name)).toEqual([`keys ${done}`, 'mongod service_healthy'])
    expect(services[name]?.healthcheck?.test.join(' ')).toContain('/readyz')
  }
  expect(needs('edge')).toEqual([`seed ${done}`, 'origin-1 service_healthy', 'origin-2 service_healthy'])
})
