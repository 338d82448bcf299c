import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from 'mongodb'
import type { CommandBounds } from './command-bounds.ts'
import { MongoCommands } from './mongo-commands.ts'
import { MongoRepository } from './mongo-repository.ts'
import type { PrimaryGate } from './primary-gate.ts'
import { joined, Records, type RecordsOptions } from './records.ts'
import type { Repository } from './repository.ts'

export interface RepositoryOptions {
  /** How work is joined. @default joined() */
  readonly lanes?: RecordsOptions
  /** How long a write may wait for its majority before the question is asked again, in ms. @default 5 000 */
  readonly majorityTimeoutMs?: number
  /** Ends commands that do not end by themselves. @default bounds of its own */
  readonly bounds?: CommandBounds
  /** Knowledge of the primary. @default nothing: every read goes ahead */
  readonly primary?: PrimaryGate
  /** Milliseconds since the epoch. @default Date.now */
  readonly clock?: () => number
}

/** The repository of this process, with the machine's clocks, and the records beneath it for metrics. */
export function openRepository(
  db: Db,
  options: RepositoryOptions = {},
): { readonly repository: Repository; readonly records: Records } {
  const { lanes = joined(), majorityTimeoutMs = 5_000, clock = Date.now, bounds, primary } = options
  const commands = new MongoCommands(db, {
    majorityTimeoutMs,
    ...(bounds !== undefined && { bounds }),
    ...(primary !== undefined && { primary }),
  })
  const records = new Records(commands, lanes, {
    now: () => performance.now(),
    sleep: (timeMs) => sleep(timeMs),
    random: Math.random,
    atTurnEnd: setImmediate,
    after: setTimeout,
  })
  return { repository: new MongoRepository(records, clock), records }
}
