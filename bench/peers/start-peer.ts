import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describeExit, startChild } from '@spillway/origin/dev/child'
import { serverFlags } from '@spillway/origin/dev/server-flags'
import { MongoClient } from 'mongodb'
import type { StoredPlace } from './place.ts'
import { peerEnv, portOfLine } from './settings.ts'

export interface Peer {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

/** The same API on other stacks, by the file of the program. */
export const peers = {
  'Fastify + driver': 'fastify-driver.ts',
  'Fastify + cursor': 'fastify-cursor.ts',
  'Express + mongoose': 'express-mongoose.ts',
  'hono + driver': 'hono-driver.ts',
  Feathers: 'feathers-koa.ts',
  'Parse Server': 'parse-server.ts',
  // No peers: floors of `bench -- origin`.
  'least server': '../origin/least-server.ts',
  'least server, document known': '../origin/least-server-known.ts',
  'required server': '../origin/required-server.ts',
} as const
export type PeerName = keyof typeof peers

export interface PeerOptions {
  readonly databaseUri: string
  readonly databaseName: string
  readonly poolSize: number
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string>>
}

const startTimeoutMs = 120_000

/** @throws Error with its last lines when it does not listen within two minutes */
export async function startPeer(name: PeerName, options: PeerOptions): Promise<Peer> {
  const { promise: listening, resolve: markListening } = Promise.withResolvers<number>()
  const child = await startChild({
    name,
    command: process.execPath,
    args: [...serverFlags, join(import.meta.dirname, peers[name])],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      [peerEnv.uri]: options.databaseUri,
      [peerEnv.database]: options.databaseName,
      [peerEnv.poolSize]: String(options.poolSize),
      ...options.env,
    },
    onLine: (line) => {
      const port = portOfLine(line)
      if (port !== undefined) markListening(port)
    },
  })
  const tooLate = sleep(startTimeoutMs, undefined, { ref: false })
  const outcome = await Promise.race([listening, child.exited, tooLate])
  if (typeof outcome !== 'number') {
    await child.stop(0)
    const what = outcome === undefined ? 'does not listen' : describeExit(outcome)
    throw new Error(`${name} ${what}:\n${child.tail()}`)
  }
  return {
    url: `http://127.0.0.1:${outcome}`,
    pid: child.pid,
    stop: async () => void (await child.stop(5_000)),
  }
}

/**
 * Copies the origin's places to a peer, with the same ids and the indexes of all its collections.
 *
 * @returns the ids
 */
export async function copyPlaces(uri: string, from: string, to: string): Promise<readonly string[]> {
  const client = new MongoClient(uri)
  try {
    const now = new Date()
    const source = client.db(from).collection<{ _id: string; [field: string]: unknown }>('places')
    const documents = (await source.find().toArray()).map((stored) => {
      const fields = Object.entries(stored).filter(([name]) => !name.startsWith('_'))
      // The cast is safe: the seed's documents have the other fields of a place.
      return {
        _id: stored._id,
        ...Object.fromEntries(fields),
        createdAt: now,
        updatedAt: now,
        version: 1,
      } as StoredPlace
    })
    const copy = client.db(to).collection<StoredPlace>('places')
    if (documents.length > 0) await copy.insertMany(documents, { ordered: false })
    for (const { name } of await client.db(from).listCollections({}, { nameOnly: true }).toArray()) {
      for (const { key } of await client.db(from).collection(name).indexes()) {
        // Indexes of the origin's own fields are left out.
        if (!Object.keys(key)[0]?.startsWith('_')) await client.db(to).collection(name).createIndex(key)
      }
    }
    return documents.map(({ _id }) => _id)
  } finally {
    await client.close()
  }
}
