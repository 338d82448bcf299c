import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { commandName, MessageCutter } from '@spillway/origin/dev/documentdb/wire-message'
import { connectionUs, costOf } from './command-cost.ts'
import { ServerQueue } from './server-queue.ts'

export interface ScaledDatabaseOptions {
  /** Port of the real `mongod`. */
  readonly port: number
  readonly vcpus: number
  /** Maximum connections. Further ones are closed at once, as a database at its limit does. */
  readonly connectionsMax: number
  /** Share of the full size: at 0.01 a command occupies a processor a hundred times as long. */
  readonly scale: number
}

export interface ScaledDatabase {
  readonly port: number
  /** Connections that are open. */
  readonly connections: number
  /** Connections that were closed at once because of the limit. */
  readonly refused: number
  stop(): Promise<void>
}

/**
 * Makes a real database behave like a small one. A `mongod` runs the commands, and its answers are held back until the
 * small database's processors would have finished them: a queue before `vcpus` servers, with the costs of
 * `command-cost.ts` divided by the scale. Without it, the database would have as much CPU as everything else on the
 * machine, and would not be the first bottleneck.
 */
export async function startScaledDatabase(options: ScaledDatabaseOptions): Promise<ScaledDatabase> {
  const { port, vcpus, connectionsMax, scale } = options
  const queue = new ServerQueue(vcpus)
  const links = new Set<Link>()
  let refused = 0
  const server = createServer({ noDelay: true }, (client) => {
    if (links.size >= connectionsMax) {
      refused++
      client.on('error', () => {})
      client.destroy()
      return
    }
    const link = new Link(client, createConnection({ port, host: '127.0.0.1', noDelay: true }), queue, scale)
    links.add(link)
    link.onClose = () => links.delete(link)
  })
  const ownPort = await listen(server)
  return {
    port: ownPort,
    get connections() {
      return links.size
    },
    get refused() {
      return refused
    },
    async stop() {
      for (const link of links) link.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Work of the small database on a command. The real one has answered it, or will. */
interface Pending {
  readonly doneAtMs: number
  readonly server: number
  readonly perReplyKib: number
}

/** One connection. A driver has one command at a time on it, so answers come in the order of requests. */
class Link {
  onClose = () => {}
  readonly #client: Socket
  readonly #database: Socket
  readonly #queue: ServerQueue
  /** µs of the full size → ms of the small one. */
  readonly #msPerUs: number
  readonly #pending: Pending[] = []
  /** Time at which the connection would be open. */
  readonly #connectedAtMs: number

  constructor(client: Socket, database: Socket, queue: ServerQueue, scale: number) {
    this.#client = client
    this.#database = database
    this.#queue = queue
    this.#msPerUs = 1 / 1000 / scale
    this.#connectedAtMs = queue.admit(performance.now(), connectionUs * this.#msPerUs).doneAtMs
    const [requests, replies] = [new MessageCutter(), new MessageCutter()]
    client.on('data', (chunk) => {
      for (const message of requests.push(chunk)) this.#request(message)
      database.write(chunk)
    })
    database.on('data', (chunk) => {
      for (const message of replies.push(chunk)) this.#reply(message)
    })
    for (const [socket, other] of [
      [client, database],
      [database, client],
    ] as const) {
      socket.on('error', () => {})
      socket.on('close', () => {
        other.destroy()
        this.onClose()
      })
    }
  }

  destroy(): void {
    this.#client.destroy()
    this.#database.destroy()
  }

  #request(message: Buffer): void {
    const cost = costOf(commandName(message))
    if (cost === undefined) return
    const workUs = cost.fixed + cost.perRequestKib * kib(message)
    const work = this.#queue.admit(performance.now(), workUs * this.#msPerUs)
    this.#pending.push({ ...work, perReplyKib: cost.perReplyKib })
  }

  #reply(message: Buffer): void {
    const pending = this.#pending.shift()
    if (pending === undefined) {
      this.#send(message, this.#connectedAtMs)
      return
    }
    const moreMs = pending.perReplyKib * kib(message) * this.#msPerUs
    this.#queue.extend(pending.server, moreMs)
    this.#send(message, pending.doneAtMs + moreMs)
  }

  #send(message: Buffer, atMs: number): void {
    const waitMs = atMs - performance.now()
    const send = () => this.#client.write(message)
    if (waitMs < 1) send()
    else setTimeout(send, waitMs)
  }
}

const kib = (message: Buffer): number => message.length / 1024

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('no port'))
      else resolve(address.port)
    })
  })
}
