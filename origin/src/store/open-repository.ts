import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from 'mongodb'
import { ChangeLog } from './change-log.ts'
import { type Layouts, noLayouts } from './codec/layouts.ts'
import { type CommandBounds, createCommandBounds } from './command-bounds.ts'
import { Commits } from './commits.ts'
import { instantClock } from './envelope.ts'
import { MongoCommands } from './mongo-commands.ts'
import { MongoRepository } from './mongo-repository.ts'
import type { PrimaryGate } from './primary-gate.ts'
import { joined, Records, type RecordsOptions } from './records.ts'
import type { Repository } from './repository.ts'
import type { TraceCommand } from './trace-command.ts'
import { attemptTransaction } from './transaction.ts'
import { TransactionRoom } from './transaction-room.ts'
import { UnreadyIndexes } from './unready-indexes.ts'
import { withoutDrained } from './without-drained.ts'

export interface RepositoryOptions {
  /** Sizes and delays of batches. @default joined() */
  readonly lanes?: RecordsOptions
  /** Time limit of a write to reach its majority before it is asked for again, in ms. @default 5 000 */
  readonly majorityTimeoutMs?: number
  /** Time bounds of commands. @default new ones */
  readonly bounds?: CommandBounds
  /** Indexes that are not built yet. @default none */
  readonly unready?: UnreadyIndexes
  /** Layouts of adopted collections ({@link ./codec/layouts.ts}). @default none */
  readonly layouts?: Layouts
  /** Gate for reads around a change of primary. @default one that lets every read through */
  readonly primary?: PrimaryGate
  /** Milliseconds since the epoch. @default Date.now */
  readonly clock?: () => number
  /** Records commands as spans. @default none */
  readonly traceCommand?: TraceCommand | undefined
  /** Called with the time for which a batch of a lane waited for a connection, in ms. @default none */
  readonly onRoomWait?: (waitMs: number) => void
  /** Maximum transactions in flight. @default 4, a quarter of a pool of 16 */
  readonly transactionsMax?: number
}

/**
 * Opens the repository and the commits of this process, with the machine's clocks; also returns their records, for
 * metrics.
 */
export function openRepository(
  db: Db,
  options: RepositoryOptions = {},
): { readonly repository: Repository; readonly commits: Commits; readonly records: Records } {
  const {
    lanes = joined(),
    majorityTimeoutMs = 5_000,
    clock = Date.now,
    bounds = createCommandBounds(),
    primary,
    unready = new UnreadyIndexes(),
    layouts = noLayouts,
    transactionsMax = 4,
    traceCommand,
    onRoomWait,
  } = options
  const commands = new MongoCommands(db, {
    majorityTimeoutMs,
    bounds,
    layouts,
    ...(primary !== undefined && { primary }),
  })
  const environment = {
    now: () => performance.now(),
    sleep: (timeMs: number) => sleep(timeMs),
    random: Math.random,
  }
  const records = new Records(commands, lanes, {
    ...environment,
    withoutDrained: withoutDrained(new ChangeLog(db, bounds)),
    atTurnEnd: setImmediate,
    after: setTimeout,
    traceCommand,
    onRoomWait,
  })
  const commits = new Commits({
    ...environment,
    records,
    attempt: (writes, timeoutMs) => attemptTransaction({ db, bounds, layouts }, writes, timeoutMs),
    room: new TransactionRoom(transactionsMax),
    unready,
    layouts,
    clock: instantClock(clock),
  })
  return { repository: new MongoRepository(records, commits, clock, { unready, layouts }), commits, records }
}
