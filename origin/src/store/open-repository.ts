import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from 'mongodb'
import { MongoCommands } from './mongo-commands.ts'
import { MongoRepository } from './mongo-repository.ts'
import { joined, Records, type RecordsOptions } from './records.ts'
import type { Repository } from './repository.ts'

export interface RepositoryOptions {
  /** How work is joined. @default joined() */
  readonly lanes?: RecordsOptions
  /** How long a write may wait for its majority before the question is asked again, in ms. @default 5 000 */
  readonly majorityTimeoutMs?: number
  /** Milliseconds since the epoch. @default Date.now */
  readonly clock?: () => number
}

/** The repository of this process, with the machine's clocks, and the records beneath it for metrics. */
export function openRepository(
  db: Db,
  options: RepositoryOptions = {},
): { readonly repository: Repository; readonly records: Records } {
  const { lanes = joined(), majorityTimeoutMs = 5_000, clock = Date.now } = options
  const records = new Records(new MongoCommands(db, majorityTimeoutMs), lanes, {
    now: () => performance.now(),
    sleep: (timeMs) => sleep(timeMs),
    random: Math.random,
    atTurnEnd: setImmediate,
    after: setTimeout,
  })
  return { repository: new MongoRepository(records, clock), records }
}
