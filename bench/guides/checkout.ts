import { globSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { copyCheckout } from '@spillway/infra/local/checkout-copy'
import { readerPath } from '@spillway/infra/local/reader-path'
import { type StartProcess, startCheckout } from '@spillway/infra/local/start-process'
import { startMongod } from '@spillway/origin/dev/mongod'
import { MongoClient } from 'mongodb'

/** A clone in which a reader follows the guides: `npm start` runs beside the commands. */
export interface Checkout extends AsyncDisposable {
  readonly folder: string
  readonly start: StartProcess
  /** Variables of the reader's shell. */
  readonly env: Readonly<Record<string, string>>
  /** A block with the addresses of this run in place of the usual ones. */
  adapted(block: string): string
  /** Writes files; resolves when the running system has their content. */
  write(files: ReadonlyMap<string, string>): Promise<void>
  /** Runs commands; resolves when the running system has the files that they have added to the application. */
  during(commands: () => Promise<void>): Promise<void>
}

const reloadTimeoutMs = 120_000
/** Files that are saved one after the other may be reloaded in two parts. */
const quietMs = 2_000
const database = 'guides'

/** A document of a collection that exists already, for the page on adoption. */
const restaurant = { name: 'Riviera', cuisine: 'American', restaurant_id: '40356018' }

export async function openCheckout(): Promise<Checkout> {
  await using closing = new AsyncDisposableStack()
  const mongod = await startMongod()
  closing.defer(() => mongod.stop())
  const client = new MongoClient(mongod.uri)
  await client.db('sample').collection('restaurants').insertOne(restaurant)
  await client.close()
  const folder = await copyCheckout()
  closing.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  const receiver = await startReceiver()
  closing.defer(receiver.stop)
  const uri = mongod.uri.replace('/?', `/${database}?`)
  const start = await startCheckout(folder, folder, { args: ['--seed'], env: { MONGODB_URI: uri } })
  closing.defer(async () => void (await start.child.stop()))

  const env = {
    ...start.env,
    MONGODB_DATABASE: database,
    API: start.edgeUrl,
    RECEIVER_URL: `${receiver.url}/hook`,
    RECEIVED_URL: `${receiver.url}/received`,
    PATH: readerPath(),
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
  }
  const { EDGE_PORT = '', ORIGIN_PORT = '', ISSUER_PORT = '' } = start.env
  const ports: Readonly<Record<string, string>> = {
    ...{ 8787: EDGE_PORT, 3000: ORIGIN_PORT, 8788: ISSUER_PORT, 27017: String(mongod.port) },
  }
  const running = closing.move()
  return {
    folder,
    start,
    env,
    adapted: (block) =>
      block.replaceAll(/127\.0\.0\.1:(\d+)/g, (all, port: string) =>
        ports[port] === undefined ? all : `127.0.0.1:${ports[port]}`,
      ),
    async write(files) {
      const seen = start.output().length
      for (const [file, content] of files) {
        await mkdir(dirname(join(folder, file)), { recursive: true })
        await writeFile(join(folder, file), content)
      }
      const isWatched = [...files.keys()].some((file) => /^origin\/application\/(?!test\/)/.test(file))
      if (isWatched) await reloaded(start, seen)
    },
    async during(commands) {
      const files = () => globSync('origin/application/**/*.ts', { cwd: folder }).length
      const [seen, before] = [start.output().length, files()]
      await commands()
      if (files() !== before) await reloaded(start, seen)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Resolves when the system runs the sources as they are, and no second reload follows. @param from length of its output before */
async function reloaded({ output }: StartProcess, from: number): Promise<void> {
  const deadline = performance.now() + reloadTimeoutMs
  let [length, sinceMs] = [0, performance.now()]
  while (true) {
    const said = output().slice(from)
    const now = performance.now()
    if (said.length !== length) [length, sinceMs] = [said.length, now]
    if (said.includes('Reloaded') && now - sinceMs > quietMs) return
    if (now > deadline) throw new Error(`not reloaded:\n${said}`)
    await sleep(100)
  }
}

/** Copies the examples of the pages into the application: their resources are served by the running system, too. */
export async function addExamples({ folder, write }: Checkout): Promise<void> {
  const examples = 'origin/docs/model/example'
  const copies = globSync(`${examples}/**/*.ts`, { cwd: folder }).map(async (file) => {
    const text = await readFile(join(folder, file), 'utf8')
    return [file.replace(examples, 'origin/application/example'), text] as const
  })
  const resources = [
    'bookings',
    'events',
    'listings',
    'notices',
    'offers',
    'orders',
    'parcels',
    'usage',
    'venues',
  ]
  await write(
    new Map([
      ...(await Promise.all(copies)),
      [
        'origin/application/index.ts',
        [
          `import { defineApplication } from '@spillway/origin/contract'`,
          ...resources.map((name) => `import { ${name} } from './example/${name}.ts'`),
          `import { accept } from './example/accept.ts'`,
          `import { keys } from './resources/api-keys.ts'`,
          `import { places } from './resources/places.ts'`,
          `import { trips } from './resources/trips.ts'`,
          'export const application = defineApplication({',
          `  name: 'travel', title: 'Examples', summary: 'Examples.', resources: [places, trips, keys.resource, ${resources}],`,
          '  actions: [accept, ...keys.actions],',
          '})\n',
        ].join('\n'),
      ],
      [
        'origin/application/server/index.ts',
        [
          `import { defineServer } from '@spillway/origin/server'`,
          `import { announceParcel } from '../example/server/announce-parcel.ts'`,
          `import { acceptBooking } from '../example/server/accept.ts'`,
          'export const server = defineServer(announceParcel, acceptBooking)\n',
        ].join('\n'),
      ],
      ['origin/application/tools.ts', 'export const tools = {}\n'],
    ]),
  )
}

/** A receiver of webhooks. `GET /received` answers with the first message, once it has arrived. */
async function startReceiver() {
  const first = Promise.withResolvers<string>()
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      response.end(await first.promise)
      return
    }
    const fields = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`)
    const head = `${request.method} ${request.url} HTTP/${request.httpVersion}`
    first.resolve([head, ...fields, '', await text(request)].join('\n'))
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // The cast is safe: the server listens on a port.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
