import { MongoError, MongoServerError } from 'mongodb'

/**
 * What an error of the driver says about the command that it ended.
 * - `notSent`: it never left this process; nothing has happened.
 * - `crowded`: it never left either, since no connection came free in time: too much is asked of the pool.
 * - `lost`: it may or may not have been executed, or executed and be undone by a change of primary.
 * - `timedOut`: the server gave up at `maxTimeMS`.
 * - `refused`: server or driver found fault with the command itself; nothing has happened, and it never will.
 */
export type Fate = 'notSent' | 'crowded' | 'lost' | 'timedOut' | 'refused'

/**
 * Errors from before a connection was had. Told apart by name: the driver does not export all of the classes. The pool's
 * `PoolClearedOnNetworkError` is not among them: it ends commands that are in flight.
 */
const notSentNames = new Set([
  'MongoServerSelectionError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoServerClosedError',
  'MongoTopologyClosedError',
  'MongoClientClosedError',
  'MongoNotConnectedError',
])

/**
 * Codes by which a server says that it is not, or no longer, the primary that can decide, or that the wait for the
 * majority was cut short ("State Change Errors" of MongoDB's SDAM specification, and write concern codes).
 */
const stateChangeCodes = new Set([
  6, 7, 64, 79, 89, 91, 100, 134, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436,
])

const maxTimeExpiredCode = 50
const crowdedName = 'MongoWaitQueueTimeoutError'

export const isStateChange = (code: unknown): boolean => stateChangeCodes.has(Number(code))

export function fateOf(error: unknown): Fate {
  if (!(error instanceof MongoError)) return 'refused'
  if (error.name === crowdedName) return 'crowded'
  if (notSentNames.has(error.name) || error.hasErrorLabel('HandshakeError')) return 'notSent'
  if (!(error instanceof MongoServerError)) {
    return error.name.startsWith('MongoNetwork') || error.name === 'PoolClearedOnNetworkError'
      ? 'lost'
      : 'refused'
  }
  if (error.code === maxTimeExpiredCode) return 'timedOut'
  return isStateChange(error.code) ? 'lost' : 'refused'
}

const duplicateKeyCodes = new Set([11000, 11001])

/** An item's error in the reply to a write command. */
export interface WriteError {
  readonly index: number
  readonly code: number
  readonly errmsg?: string
  readonly keyPattern?: Readonly<Record<string, unknown>>
}

export const isDuplicateKey = ({ code }: WriteError): boolean => duplicateKeyCodes.has(code)

/**
 * Fields of the unique index that an item ran into, `['_id']` for the primary key. MongoDB sends them; where a server
 * only writes them into its message, they are read from the name of the index (`a_1_b_-1`).
 */
export function duplicateFields({ keyPattern, errmsg = '' }: WriteError): readonly string[] {
  if (keyPattern !== undefined) return Object.keys(keyPattern)
  const name = /index: (?:\S+\.\$)?(\S+)/.exec(errmsg)?.[1]
  if (name === undefined) return []
  if (name === '_id_' || name === '_id') return ['_id']
  return [...name.matchAll(/([A-Za-z_][A-Za-z0-9]*)_-?1(?:_|$)/g)].map((match) => match[1] as string)
}
