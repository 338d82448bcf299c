/** CPU time of a command in the database, in µs: a fixed part, and a part for each KiB of request and reply. */
export interface CommandCost {
  readonly fixed: number
  readonly perRequestKib: number
  readonly perReplyKib: number
}

/**
 * Measured with mongod 6.0.5 (WiredTiger, 24,323 places, majority writes, 8 connections) as CPU time of the process per
 * command, on two virtual cores of a server, 2026-11-24: `findOne` by id 189 µs, 16 ids in one `$in` 321, a sorted page
 * of 20 from an index 359, `insertOne` 473, 16 in one `insertMany` 812, `findOneAndUpdate` 605, 16 updates in one
 * `bulkWrite` 2,184. The lines below go through these points.
 */
const costs: Readonly<Record<string, CommandCost>> = {
  find: { fixed: 170, perRequestKib: 0, perReplyKib: 27 },
  insert: { fixed: 420, perRequestKib: 77, perReplyKib: 0 },
  update: { fixed: 330, perRequestKib: 800, perReplyKib: 0 },
  delete: { fixed: 330, perRequestKib: 800, perReplyKib: 0 },
  findAndModify: { fixed: 600, perRequestKib: 0, perReplyKib: 0 },
}

/** Cost of a command that is not in the table, e.g. `aggregate`. */
const other: CommandCost = { fixed: 200, perRequestKib: 0, perReplyKib: 27 }

/** Commands of opening, watching and closing a connection: {@link connectionUs} covers them. */
const free = new Set(['hello', 'isMaster', 'ismaster', 'ping', 'endSessions', 'saslStart', 'saslContinue'])

/**
 * Opening one connection, and watching the server over it. Measured in the same way: 2,100 µs for a client with two
 * connections, without TLS.
 */
export const connectionUs = 1_050

/** @param command `undefined`: the legacy handshake */
export function costOf(command: string | undefined): CommandCost | undefined {
  if (command === undefined || free.has(command)) return undefined
  return costs[command] ?? other
}
