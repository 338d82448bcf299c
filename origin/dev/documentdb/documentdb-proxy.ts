import { createConnection, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Document, MongoClient } from 'mongodb'
import { IndexBuilds } from './index-builds.ts'
import { type Refusal, refusalOf } from './refusal.ts'
import {
  answeredBy,
  commandName,
  cursorIdIn,
  decodeReply,
  decodeRequest,
  encodeReply,
  MessageCutter,
  type WireRequest,
  withContent,
} from './wire-message.ts'

/**
 * A proxy that makes a `mongod` behave like Amazon DocumentDB 5.0 where the two differ and a test would not notice: it
 * refuses what DocumentDB refuses, builds indexes as DocumentDB does, and has its limits.
 *
 * `README.md` lists what is imitated, with a source for each.
 */
export interface DocumentdbOptions {
  /** Cursors open at once: those of the smallest instance class. @default 30 */
  readonly cursorsMax?: number
  /** Connections open at once: those of the smallest instance class. @default 500 */
  readonly connectionsMax?: number
  /** Least time that the build of an index takes, in ms. @default 0 */
  readonly buildMs?: number
  /** Called with each command, and with its members that stand behind its body. @default none */
  readonly onCommand?: (command: Document, items: WireRequest['items']) => void
}

export interface DocumentdbProxy {
  readonly port: number
  readonly uri: string
  /** Most cursors that were open at once. */
  readonly cursorsMost: number
  /** Refusals, by the words of the error. */
  readonly refused: readonly string[]
  /**
   * Ends all connections and takes no other one, as while a replica takes the place of a lost primary. Resolves when it is
   * over.
   *
   * @param durationMs at most 30 000 for DocumentDB with a replica; tests take less
   */
  failover(durationMs?: number): Promise<void>
  /** Ends the connection instead of passing on the next reply to a command of this name. */
  loseReply(command: string): void
  stop(): Promise<void>
}

const host = '127.0.0.1'

/** Commands whose first member names a collection that a build may lock. */
const ofCollection: ReadonlySet<string> = new Set(
  ['find', 'aggregate', 'count', 'distinct', 'insert', 'update', 'delete', 'findAndModify'].concat([
    'createIndexes',
    'dropIndexes',
    'drop',
  ]),
)
const ofIndexes: ReadonlySet<string> = new Set(['createIndexes', 'dropIndexes'])
const greetings: ReadonlySet<string> = new Set(['hello', 'isMaster', 'ismaster'])
/** DocumentDB 5.0 speaks the protocol of MongoDB 5.0. */
const wireVersion = 13

const tooManyCursors: Refusal = {
  // Reported by users of DocumentDB; AWS documents the limit alone.
  code: 2,
  codeName: 'BadValue',
  errmsg: 'Cannot open a new cursor since too many cursors are already opened',
}
/** The code and the label are MongoDB's for a transaction that the server does not know; AWS documents neither. */
const noTransaction: Refusal & { readonly errorLabels: readonly string[] } = {
  code: 251,
  codeName: 'NoSuchTransaction',
  errmsg: 'a commit cannot be repeated',
  errorLabels: ['TransientTransactionError'],
}
const buildFailed: Refusal = {
  code: 276,
  codeName: 'IndexBuildAborted',
  errmsg: 'an index command on the same collection has ended the build',
}

/** @param target port of a `mongod` on this machine that is its replica set's only member */
export async function startDocumentdbProxy(
  target: number,
  options: DocumentdbOptions = {},
): Promise<DocumentdbProxy> {
  const { cursorsMax = 30, connectionsMax = 500, buildMs = 0, onCommand } = options
  const links = new Set<Link>()
  const cursors = new Set<bigint>()
  const refused: string[] = []
  /** Number of the last transaction of each session whose commit was passed on. */
  const committed = new Map<string, string>()
  const lost: string[] = []
  const builds = new IndexBuilds()
  const direct = new MongoClient(`mongodb://${host}:${target}/?directConnection=true`)
  let cursorsMost = 0
  let isFailingOver = false

  const refuse = (refusal: Refusal): Document => {
    refused.push(refusal.errmsg)
    return { ok: 0, ...refusal }
  }

  /** Change of the reply to a request; `undefined` if it is passed on as it is. */
  function followUp({ command }: WireRequest, name: string): Reply | undefined {
    if (lost.includes(name)) {
      lost.splice(lost.indexOf(name), 1)
      return { change: () => Promise.reject(new Error('this reply is to be lost')) }
    }
    if (greetings.has(name)) return { change: (reply) => withContent(reply, greeted(decodeReply(reply))) }
    if (ofIndexes.has(name)) return buildReply(command)
    if (name === 'killCursors') for (const id of command.cursors) cursors.delete(idOf(id))
    if (name !== 'find' && name !== 'aggregate' && name !== 'getMore') return undefined
    return { change: (reply) => cursorReply(reply, command.getMore) }
  }

  function cursorReply(reply: Buffer, continued: unknown): Buffer {
    const id = cursorIdIn(reply)
    if (continued !== undefined) cursors.delete(idOf(continued))
    if (id === 0n) return reply
    if (cursors.size >= cursorsMax) return withContent(reply, refuse(tooManyCursors))
    cursors.add(id)
    cursorsMost = Math.max(cursorsMost, cursors.size)
    return reply
  }

  function buildReply(command: Document): Reply {
    const [collection] = Object.values(command)
    const build = builds.begin(`${command.$db}.${collection}`, command)
    const since = performance.now()
    return {
      abandon: () => void build.end(),
      async change(reply) {
        const { ok, createdCollectionAutomatically } = decodeReply(reply)
        const hasDocuments = createdCollectionAutomatically === false
        if (hasDocuments) await sleep(Math.max(0, buildMs - (performance.now() - since)))
        if (!build.end() || ok !== 1) return reply
        for (const { name } of command.indexes)
          await direct.db(command.$db).collection(collection).dropIndex(name)
        return withContent(reply, refuse(buildFailed))
      },
    }
  }

  /** @returns the answer of the proxy itself, or `undefined` to forward the request */
  async function judge(request: WireRequest, name: string): Promise<Document | undefined> {
    onCommand?.(request.command, request.items)
    const refusal = refusalOf(request.command, request.items) ?? repeatedCommit(request.command, name)
    if (refusal !== undefined) return refuse(refusal)
    if (ofCollection.has(name)) {
      const collection = `${request.command.$db}.${request.command[name]}`
      for (let lock = builds.unlocked(collection); lock; lock = builds.unlocked(collection)) await lock
    }
    return undefined
  }

  function repeatedCommit({ lsid, txnNumber }: Document, name: string): Refusal | undefined {
    if (name !== 'commitTransaction') return undefined
    const session = lsid.id.toString('hex')
    if (committed.get(session) === String(txnNumber)) return noTransaction
    committed.set(session, String(txnNumber))
    return undefined
  }

  const greeted = (content: Document): Document => ({
    ...content,
    ...(content.hosts !== undefined && { hosts: [address], me: address }),
    ...(content.primary !== undefined && { primary: address }),
    maxWireVersion: Math.min(content.maxWireVersion, wireVersion),
  })

  const server = createServer({ noDelay: true }, (socket) => {
    if (isFailingOver || links.size >= connectionsMax) {
      socket.destroy()
      return
    }
    const link = new Link(socket, createConnection({ port: target, host, noDelay: true }), {
      judge,
      followUp,
    })
    links.add(link)
    socket.once('close', () => links.delete(link))
  })
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(0, host, resolve)
  await listening
  await direct.connect()
  // The cast is safe: a server that listens on a port has an address with one.
  const { port } = server.address() as { port: number }
  const address = `${host}:${port}`
  return {
    port,
    uri: `mongodb://${address}/?replicaSet=rs0`,
    get cursorsMost() {
      return cursorsMost
    },
    refused,
    async failover(durationMs = 30_000) {
      isFailingOver = true
      for (const link of links) link.close()
      // Cursors are on the instance that is gone.
      cursors.clear()
      await sleep(durationMs)
      isFailingOver = false
    },
    loseReply: (command) => void lost.push(command),
    async stop() {
      for (const link of links) link.close()
      await new Promise((closed) => server.close(closed))
      await direct.close()
    },
  }
}

/** The id of a cursor: a number that the driver wraps if it is large. */
const idOf = (id: unknown): bigint => BigInt(String(id))

interface Reply {
  /** Changes a reply before it is passed on. */
  change(reply: Buffer): Buffer | Promise<Buffer>
  /** Called instead if the connection ends first. */
  abandon?(): void
}

interface Judgement {
  readonly judge: (request: WireRequest, name: string) => Promise<Document | undefined>
  readonly followUp: (request: WireRequest, name: string) => Reply | undefined
}

/** One connection: the client's socket and that of the database. Messages keep their order in each direction. */
class Link {
  readonly #client: Socket
  readonly #database: Socket
  readonly #judgement: Judgement
  readonly #replies = new Map<number, Reply>()
  #requests: Promise<void> = Promise.resolve()
  #answers: Promise<void> = Promise.resolve()

  constructor(client: Socket, database: Socket, judgement: Judgement) {
    this.#client = client
    this.#database = database
    this.#judgement = judgement
    const asked = new MessageCutter()
    const answered = new MessageCutter()
    client.on('data', (chunk) => {
      for (const message of asked.push(chunk))
        this.#requests = this.#requests.then(() => this.#ask(message)).catch(() => this.close())
    })
    database.on('data', (chunk) => {
      for (const message of answered.push(chunk))
        this.#answers = this.#answers.then(() => this.#answer(message)).catch(() => this.close())
    })
    for (const socket of [client, database]) {
      socket.on('error', () => this.close())
      socket.on('close', () => this.close())
    }
  }

  close(): void {
    this.#client.destroy()
    this.#database.destroy()
    for (const { abandon } of this.#replies.values()) abandon?.()
    this.#replies.clear()
  }

  async #ask(message: Buffer): Promise<void> {
    const request = decodeRequest(message)
    if (request !== undefined) {
      // The cast is safe: a command has a first member, which names it.
      const name = commandName(message) ?? (Object.keys(request.command)[0] as string)
      const own = await this.#judgement.judge(request, name)
      if (own !== undefined) {
        this.#client.write(encodeReply(request.id, own))
        return
      }
      const reply = this.#judgement.followUp(request, name)
      if (reply !== undefined) this.#replies.set(request.id, reply)
    }
    this.#database.write(message)
  }

  async #answer(message: Buffer): Promise<void> {
    const id = answeredBy(message)
    const reply = this.#replies.get(id)
    this.#replies.delete(id)
    const shown = reply === undefined ? message : await reply.change(message)
    if (this.#client.writable) this.#client.write(shown)
  }
}
