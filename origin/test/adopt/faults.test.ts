import { setTimeout as sleep } from 'node:timers/promises'
import type { Fields } from '@spillway/origin/contract'
import { type Document, Int32, MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type ReplicaSet, startReplicaSet } from '../../dev/replica-set.ts'
import { layoutsOf } from '../../src/store/codec/layouts.ts'
import { openRepository } from '../../src/store/open-repository.ts'
import { openPool, type Pool } from '../../src/store/pool.ts'
import type { Repository, StoredDocument } from '../../src/store/repository.ts'
import { inTime } from '../store/documents.ts'
import { documents } from './documents.ts'
import { application, listings } from './resources.ts'

type Listing = Document & { readonly _id: string }

/** Writes of adopted documents while primaries step down and die, and another application writes them, too. */
let set: ReplicaSet
let pool: Pool
let repository: Repository
let outside: MongoClient
const ids = ['l0', 'l1', 'l2', 'l3']
const [sample = {}] = documents.listingsAndReviews ?? []
const initial = (_id: string): Listing => ({ ...sample, _id, amenities: [], outside: new Int32(0) })

beforeAll(async () => {
  set = await startReplicaSet(3)
  pool = await openPool({ uri: set.uri, database: 'adopted', poolSize: 8, connectTimeoutMs: 30_000 })
  repository = openRepository(pool.db, { layouts: layoutsOf(application.resources, () => {}) }).repository
  outside = await new MongoClient(set.uri, { retryWrites: false, writeConcern: { w: 'majority' } }).connect()
  await stored().insertMany(ids.map(initial))
}, 120_000)
afterAll(async () => {
  await outside?.close()
  await pool?.close()
  await set?.stop()
})

const stored = () => outside.db('adopted').collection<Listing>('listingsAndReviews')

async function read(id: string): Promise<StoredDocument | undefined> {
  const outcome = await repository.read(listings, id, inTime(1_000))
  return outcome.kind === 'found' ? outcome.document : undefined
}

interface Told {
  readonly id: string
  readonly token: string
  readonly kind: string
}

/** Adds tokens to a document, each once, and keeps what it was told. */
async function append(id: string, name: string, told: Told[], signal: AbortSignal): Promise<void> {
  for (let count = 0; !signal.aborted; ) {
    const document = await read(id)
    if (document === undefined) continue
    count += 1
    const token = `${name}-${count}`
    // The cast is safe: every document has the field.
    const { amenities } = document.fields as { readonly amenities: readonly string[] }
    const fields: Fields = { ...document.fields, amenities: [...amenities, token] }
    const { kind } = await repository.replace(listings, document, fields, inTime(1_000))
    told.push({ id, token, kind })
    await sleep(20)
  }
}

interface Counted {
  done: number
  unknown: number
}

/** Another application: counts in a field that the resource does not describe, and now and then changes one that it does. */
async function count(id: string, counted: Counted, signal: AbortSignal): Promise<void> {
  for (let round = 1; !signal.aborted; round += 1) {
    const change = round % 5 === 0 ? { $set: { accommodates: new Int32(round) } } : {}
    try {
      await stored().updateOne({ _id: id }, { $inc: { outside: 1 }, ...change })
      counted.done += 1
    } catch {
      // It does not know whether it has happened.
      counted.unknown += 1
    }
    await sleep(30)
  }
}

it('no update of a caller is lost, and nothing of the owner changes', { timeout: 180_000 }, async () => {
  const writing = new AbortController()
  const told: Told[] = []
  const counted = new Map(ids.map((id) => [id, { done: 0, unknown: 0 }]))
  const replaced = () => told.filter(({ kind }) => kind === 'replaced').length
  const work = Promise.all(
    ids.flatMap((id) => [
      append(id, 'a', told, writing.signal),
      append(id, 'b', told, writing.signal),
      // The cast is safe: each id has a count.
      count(id, counted.get(id) as Counted, writing.signal),
    ]),
  )
  for (const disturb of [() => set.stepDown(), () => set.killPrimary()]) {
    const before = replaced()
    await vi.waitFor(() => expect(replaced()).toBeGreaterThan(before + 40), { timeout: 60_000 })
    await disturb()
  }
  const after = replaced()
  await vi.waitFor(() => expect(replaced()).toBeGreaterThan(after + 40), { timeout: 60_000 })
  writing.abort()
  await work

  const kinds = new Set(told.map(({ kind }) => kind))
  expect(
    [...kinds].filter((kind) => !['replaced', 'versionConflict', 'notDone', 'unknown'].includes(kind)),
  ).toEqual([])
  expect(kinds).toContain('versionConflict')
  for (const id of ids) {
    const document = await stored().findOne({ _id: id }, { promoteValues: false })
    const { amenities, outside, accommodates: _, ...others }: Document = document ?? {}
    for (const { token, kind } of told.filter((one) => one.id === id)) {
      const times = amenities.filter((one: string) => one === token).length
      if (kind === 'replaced') expect(times, `${id} ${token} ${kind}`).toBe(1)
      else if (kind === 'unknown') expect(times, `${id} ${token} ${kind}`).toBeLessThanOrEqual(1)
      else expect(times, `${id} ${token} ${kind}`).toBe(0)
    }
    // The cast is safe: each id has a count.
    const { done, unknown } = counted.get(id) as Counted
    expect(outside.value).toBeGreaterThanOrEqual(done)
    expect(outside.value).toBeLessThanOrEqual(done + unknown)
    const { amenities: _a, outside: _o, accommodates: _c, ...kept } = initial(id)
    expect(others).toEqual(kept)
  }
})
