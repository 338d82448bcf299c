import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { commandName, MessageCutter } from '@spillway/origin/dev/documentdb/wire-message'
import { connectionUs, costOf } from './command-cost.ts'
import { ServerQueue } from './server-queue.ts'

export interface ScaledDatabaseOptions {
  /** Port of the `mongod` behind it. */
  readonly port: number
  readonly vcpus: number
  /** Connections that it accepts; more are closed at once, as a database does that is at its limit. */
  readonly connectionsMax: number
  /** Share of the full size: a command takes a processor 1/scale times as long (0.01: a hundred times). */
  readonly scale: number
}

export interface ScaledDatabase {
  readonly port: number
  /** Open now. */
  readonly connections: number
  /** Closed at once, because there were too many. */
  readonly refused: number
  stop(): Promise<void>
}

/**
 * A small database in front of a real one. Commands go to a `mongod`, whose answers are held back until the processors
 * of the small one would have done the work: a queue before `vcpus` servers, with the costs of `command-cost.ts` over
 * the scale. All designs are measured with it, since on the machine of a bench the database is otherwise as large as
 * everything else, and would not be what runs out first.
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

/** Work left to the small database for a command that the real one has answered, or will answer. */
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
  /** Time at which the work of making the connection is done. */
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
