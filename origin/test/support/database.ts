import { randomBytes } from 'node:crypto'
import type { Catalogue } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import { inject } from 'vitest'
import { layoutsOf } from '../../src/store/codec/layouts.ts'
import { applyIndexes, planIndexes } from '../../src/store/indexes.ts'
import { openRepository, type RepositoryOptions } from '../../src/store/open-repository.ts'
import { openPool, type Pool } from '../../src/store/pool.ts'
import { resources as fixture } from '../fixture/application.ts'

export const mongodbUri = (): string => inject('databaseUri')

export interface TestDatabase {
  readonly db: Db
  readonly pool: Pool
  /** A further repository, as another process would have. */
  repository(options?: RepositoryOptions): ReturnType<typeof openRepository>
  drop(): Promise<void>
}

/** Time for which the driver waits for a connection and for the primary, in ms: a slow machine must not fail a command. */
const patienceMs = 30_000

/** An empty database with the indexes of an application. */
export async function openTestDatabase(resources: Catalogue = fixture): Promise<TestDatabase> {
  const database = `test-${randomBytes(6).toString('hex')}`
  const pool = await openPool({
    uri: mongodbUri(),
    database,
    poolSize: 16,
    waitQueueTimeoutMs: patienceMs,
    serverSelectionTimeoutMs: patienceMs,
    connectTimeoutMs: patienceMs,
  })
  await applyIndexes(pool.db, await planIndexes(pool.db, resources), { destructive: false })
  return {
    db: pool.db,
    pool,
    repository: (options) =>
      openRepository(pool.db, {
        bounds: pool.bounds,
        primary: pool.primary,
        layouts: layoutsOf(resources, () => {}),
        ...options,
      }),
    async drop() {
      await pool.db.dropDatabase()
      await pool.close()
    },
  }
}
