import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ReplicaSet, startReplicaSet } from '../../dev/replica-set.ts'
import { applyIndexes, planIndexes } from '../../src/store/indexes.ts'
import { openRepository } from '../../src/store/open-repository.ts'
import { openPool, type Pool } from '../../src/store/pool.ts'
import type { CreationKey, Repository, StoredDocument } from '../../src/store/repository.ts'
import { resources } from '../fixture/application.ts'
import { advisories, advisory, inTime } from './documents.ts'

/** A replica set of three members loses its primary without notice while batches are in flight. */
describe('losing the primary', () => {
  let set: ReplicaSet
  let pool: Pool
  let repository: Repository

  beforeAll(async () => {
    set = await startReplicaSet(3)
    pool = await openPool({ uri: set.uri, database: 'failover', poolSize: 8, connectTimeoutMs: 30_000 })
    await applyIndexes(pool.db, await planIndexes(pool.db, resources), { destructive: false })
    repository = openRepository(pool.db).repository
  }, 120_000)

  afterAll(async () => {
    await pool?.close()
    await set?.stop()
  })

  it('every writer gets a true outcome: done, not done, or unknown', { timeout: 180_000 }, async () => {
    const creates = new Writers(repository)
    const updates = await Updaters.open(repository, 12)
    const writing = new AbortController()
    const work = Promise.all([creates.run(24, writing.signal), updates.run(writing.signal)])
    await vi.waitFor(() => expect(creates.created).toBeGreaterThan(200), { timeout: 60_000 })
    await set.killPrimary()
    await vi.waitFor(() => expect(creates.createdAfterFailure).toBeGreaterThan(200), { timeout: 60_000 })
    writing.abort()
    await work

    await creates.check()
    await updates.check()
  })
})

type Told = 'created' | 'notDone' | 'unknown'

/** Creates documents, each once with a key of its own, and records the outcomes. */
class Writers {
  readonly #repository: Repository
  readonly #told: { readonly code: string; readonly key: CreationKey; readonly told: Told }[] = []
  #count = 0

  constructor(repository: Repository) {
    this.#repository = repository
  }

  async run(writers: number, signal: AbortSignal): Promise<void> {
    await Promise.all(
      Array.from({ length: writers }, async () => {
        while (!signal.aborted) {
          this.#count += 1
          const code = `C-${this.#count}`
          const key = { subject: 'alice', version: 'v2' as const, key: code, request: 'r' }
          const outcome = await this.#repository.create(
            advisories,
            { fields: advisory(code) },
            key,
            inTime(1_000),
          )
          this.#told.push({ code, key, told: outcome.kind as Told })
          await sleep(20)
        }
      }),
    )
  }

  get created(): number {
    return this.#told.filter(({ told }) => told === 'created').length
  }

  /** Creates that succeeded after the first failure: the set recovered under load. */
  get createdAfterFailure(): number {
    const failed = this.#told.findIndex(({ told }) => told !== 'created')
    return failed === -1 ? 0 : this.#told.slice(failed).filter(({ told }) => told === 'created').length
  }

  async check(): Promise<void> {
    expect(new Set(this.#told.map(({ told }) => told))).toContain('created')
    const again: Awaited<ReturnType<Writers['again']>>[] = []
    for (let start = 0; start < this.#told.length; start += 500) {
      again.push(
        ...(await Promise.all(this.#told.slice(start, start + 500).map((create) => this.again(create)))),
      )
    }
    this.#told.forEach(({ code, told }, index) => {
      const { kind, wasInDoubt } = again[index] as (typeof again)[number]
      expect(['created', 'notDone', 'unknown']).toContain(told)
      // Created: exists once. Not done: the retry creates it. Unknown: either, and safe to repeat.
      if (told === 'created') expect(kind, code).toBe('replayed')
      else if (told === 'notDone' && !wasInDoubt) expect(kind, code).toBe('created')
      else expect(['created', 'replayed'], code).toContain(kind)
    })
  }

  /** Repeats it until it is settled, as a caller would: the two remaining members may hold another election. */
  async again({ code, key }: { readonly code: string; readonly key: CreationKey }) {
    let wasInDoubt = false
    for (let attempt = 1; ; attempt += 1) {
      const { kind } = await this.#repository.create(advisories, { fields: advisory(code) }, key, inTime())
      if (kind !== 'notDone' && kind !== 'unknown') return { kind, wasInDoubt }
      wasInDoubt ||= kind === 'unknown'
      await sleep(Math.min(100 * attempt, 1_000))
    }
  }
}

/** Appends tokens to documents that two writers contend for, and records the outcome of each token. */
class Updaters {
  readonly #repository: Repository
  readonly #ids: readonly string[]
  readonly #tokens: { readonly id: string; readonly token: string; readonly told: string }[] = []
  #count = 0

  static async open(repository: Repository, documents: number): Promise<Updaters> {
    const ids: string[] = []
    for (let index = 0; index < documents; index += 1) {
      const outcome = await repository.create(
        advisories,
        { fields: advisory(`U-${index}`, '') },
        undefined,
        inTime(),
      )
      if (outcome.kind !== 'created') throw new Error(outcome.kind)
      ids.push(outcome.document.id)
    }
    return new Updaters(repository, ids)
  }

  constructor(repository: Repository, ids: readonly string[]) {
    this.#repository = repository
    this.#ids = ids
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(
      [...this.#ids, ...this.#ids].map(async (id) => {
        while (!signal.aborted) {
          const document = await this.#read(id, 1_000)
          if (document === undefined) continue
          this.#count += 1
          const token = `${this.#count},`
          const fields = { ...document.fields, title: `${document.fields.title}${token}` }
          const { kind } = await this.#repository.replace(advisories, document, fields, inTime(1_000))
          this.#tokens.push({ id, token, told: kind })
          await sleep(20)
        }
      }),
    )
  }

  async check(): Promise<void> {
    const told = new Set(this.#tokens.map((entry) => entry.told))
    expect(told).toContain('replaced')
    expect(told).toContain('versionConflict')
    for (const id of this.#ids) {
      const document = await this.#readAgain(id)
      const stored = String(document.fields.title).split(',')
      for (const { token, told } of this.#tokens.filter((entry) => entry.id === id)) {
        const isStored = stored.includes(token.slice(0, -1))
        if (told === 'replaced') expect(isStored, `${token} replaced`).toBe(true)
        else if (told !== 'unknown') expect(isStored, `${token} ${told}`).toBe(false)
      }
    }
  }

  async #readAgain(id: string): Promise<StoredDocument> {
    for (let attempt = 1; ; attempt += 1) {
      const document = await this.#read(id, 5_000)
      if (document !== undefined) return document
      await sleep(Math.min(100 * attempt, 1_000))
    }
  }

  async #read(id: string, timeoutMs: number): Promise<StoredDocument | undefined> {
    const outcome = await this.#repository.read(advisories, id, inTime(timeoutMs))
    return outcome.kind === 'found' ? outcome.document : undefined
  }
}
