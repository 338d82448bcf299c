import { type Application, apiKeysIn, type Resource } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import { SystemWork } from '../background/system-work.ts'
import { openRepository } from '../store/open-repository.ts'
import { KeyChanges, type KeyResource } from './key-changes.ts'

/** Difference of this machine's clock to the database's from which a change might reach edges late, in ms. */
const skewMsMax = 60_000
const timeoutMs = 30_000

/** API keys of a database, for a command of an operator. */
export class KeyWork {
  readonly #db: Db
  readonly #work: SystemWork
  readonly #resource: KeyResource

  /** @throws {Error} if the application has no API keys */
  constructor(db: Db, { resources }: Application) {
    const resource: Resource | undefined = apiKeysIn(resources)
    if (resource === undefined) {
      throw new Error('the application has no API keys: add apiKeys() to it (edge/docs/machine-clients.md)')
    }
    this.#db = db
    // The cast is safe: only `apiKeys()` marks its resource.
    this.#resource = resource as KeyResource
    this.#work = new SystemWork({ catalogue: resources, ...openRepository(db), guards: [] })
  }

  /** Commits changes with the time of this machine. @throws {Error} if its clock is wrong, or nothing was written */
  async change<Result>(code: (keys: KeyChanges) => Promise<Result>): Promise<Result> {
    const { localTime } = await this.#db.admin().command({ hello: 1 })
    const skewMs = Date.now() - Number(localTime)
    if (Math.abs(skewMs) > skewMsMax) {
      throw new Error(
        `this machine's clock differs from the database's by ${Math.round(skewMs / 1_000)} s: set it first`,
      )
    }
    return await this.#transact(code)
  }

  /** Reads keys, whatever the time of this machine is. */
  read<Result>(code: (keys: KeyChanges) => Promise<Result>): Promise<Result> {
    return this.#transact(code)
  }

  #transact<Result>(code: (keys: KeyChanges) => Promise<Result>): Promise<Result> {
    return this.#work.transact((store, now) => code(new KeyChanges(store, this.#resource, now)), {
      signal: AbortSignal.timeout(timeoutMs),
      deadline: performance.now() + timeoutMs,
      via: 'keys',
    })
  }
}
