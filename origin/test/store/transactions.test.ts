import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Resource } from '@spillway/origin/contract'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type ReplicaSet, startReplicaSet } from '../../dev/replica-set.ts'
import type { CommitOutcome } from '../../src/store/commit.ts'
import { applyIndexes, planIndexes } from '../../src/store/indexes.ts'
import { openRepository } from '../../src/store/open-repository.ts'
import { openPool, type Pool } from '../../src/store/pool.ts'
import type { StoredDocument } from '../../src/store/repository.ts'
import { resources } from '../fixture/application.ts'
import { inTime } from './documents.ts'

/** A replica set of three members loses its primary without notice while transactions are in flight. */
let set: ReplicaSet
let pool: Pool
let store: ReturnType<typeof openRepository>
const trips = resources.get('trips') as Resource

beforeAll(async () => {
  set = await startReplicaSet(3)
  pool = await openPool({ uri: set.uri, database: 'transactions', poolSize: 8, connectTimeoutMs: 30_000 })
  await applyIndexes(pool.db, await planIndexes(pool.db, resources), { destructive: false })
  store = openRepository(pool.db, { bounds: pool.bounds, primary: pool.primary })
}, 120_000)
afterAll(async () => {
  await pool?.close()
  await set?.stop()
})

const trip = (budgetCents: number) => ({
  ownerId: 'alice',
  title: 'x',
  startsOn: '2027-01-01',
  endsOn: '2027-01-02',
  placeIds: [],
  budgetCents,
})

/** Moves one unit from a document to another, and creates a receipt. */
async function transfer(from: string, to: string, receipt: string): Promise<CommitOutcome> {
  const { repository, commits } = store
  const call = inTime(2_000)
  const [source, target] = await Promise.all([from, to].map((id) => repository.read(trips, id, call)))
  if (source?.kind !== 'found' || target?.kind !== 'found') return { kind: 'notDone', reason: 'unavailable' }
  const at = commits.clock()
  const moved = [source.document, target.document].map((current, index) => ({
    kind: 'replace' as const,
    resource: trips,
    current,
    fields: { ...current.fields, budgetCents: Number(current.fields.budgetCents) + (index === 0 ? -1 : 1) },
  }))
  const made = { kind: 'create', resource: trips, id: receipt, fields: trip(0) } as const
  const writes = [...moved, made].map((change) => commits.prepare(change, at))
  return commits.commit(writes, undefined, call)
}

/** Reads until it is told what there is: the two remaining members may hold another election. */
async function settled(id: string): Promise<StoredDocument | undefined> {
  for (;;) {
    const found = await store.repository.read(trips, id, inTime())
    if (found.kind === 'found') return found.document
    if (found.kind === 'notFound') return undefined
    await sleep(50)
  }
}

it('each transaction is atomic, and gets a true outcome: done, not done, or unknown', {
  timeout: 180_000,
}, async () => {
  const accounts = Array.from({ length: 6 }, () => randomUUID())
  for (const id of accounts) {
    const made = await store.repository.create(trips, { id, fields: trip(1_000) }, undefined, inTime())
    expect(made.kind).toBe('created')
  }
  const told = new Map<string, CommitOutcome['kind']>()
  let isKilled = false
  const committed = { before: 0, after: 0 }
  const writing = new AbortController()
  const workers = Array.from({ length: 6 }, async (_, worker) => {
    for (let turn = worker; !writing.signal.aborted; turn += 1) {
      const receipt = randomUUID()
      const [from, to] = [accounts[turn % 6], accounts[(turn + 1 + (turn % 5)) % 6]] as [string, string]
      const { kind } = await transfer(from, to, receipt)
      told.set(receipt, kind)
      if (kind === 'committed') committed[isKilled ? 'after' : 'before'] += 1
      await sleep(5)
    }
  })
  await vi.waitFor(() => expect(committed.before).toBeGreaterThan(20), { timeout: 60_000 })
  await set.killPrimary()
  isKilled = true
  await vi.waitFor(() => expect(committed.after).toBeGreaterThan(20), { timeout: 60_000 })
  writing.abort()
  await Promise.all(workers)

  let total = 0
  for (const id of accounts) {
    total += Number((await settled(id))?.fields.budgetCents)
  }
  expect(total).toBe(6_000)
  for (const [receipt, kind] of told) {
    const isThere = (await settled(receipt)) !== undefined
    if (kind === 'committed') expect([receipt, isThere]).toEqual([receipt, true])
    else if (kind !== 'unknown') expect([kind, receipt, isThere]).toEqual([kind, receipt, false])
  }
})
