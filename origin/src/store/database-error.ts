import { MongoAPIError, MongoError, MongoServerError } from 'mongodb'

/**
 * Meaning of a driver's error for the command that it ended.
 * - `notSent`: it never left this process; nothing has happened.
 * - `crowded`: it was not executed, since too much is asked of the pool (no connection came free in time) or of the server.
 * - `lost`: it may or may not have been executed, in part where it holds several writes, or be undone by a change of primary.
 * - `timedOut`: the server gave up at `maxTimeMS`.
 * - `refused`: server or driver found fault with the command itself; nothing has happened, and it never will.
 */
export type Fate = 'notSent' | 'crowded' | 'lost' | 'timedOut' | 'refused'

/** A command did not end in its time and is not waited for any longer. It may have been executed, or be executed yet. */
export class CommandGivenUpError extends Error {
  override readonly name = 'CommandGivenUpError'

  constructor(boundMs: number) {
    super(`a database command did not end within ${Math.round(boundMs)} ms`)
  }
}

/** A new primary has not committed anything of its own in time: what it would be asked for may be outdated. */
export class PrimaryUnprovenError extends Error {
  override readonly name = 'PrimaryUnprovenError'

  constructor() {
    super('the new primary has not committed in its own term yet')
  }
}

/**
 * Errors from before a connection was had. Told apart by name: the driver does not export all of the classes. The pool's
 * `PoolClearedOnNetworkError` and the client's `MongoClientClosedError` are not among them: they end commands that are in
 * flight.
 */
const notSentNames = new Set([
  'MongoServerSelectionError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoServerClosedError',
  'MongoTopologyClosedError',
  'MongoNotConnectedError',
])

/**
 * Codes by which a server says that it is not, or no longer, the primary that can decide, or that the wait for the
 * majority was cut short ("State Change Errors" of MongoDB's SDAM specification, and write concern codes).
 */
const stateChangeCodes = new Set([
  6, 7, 64, 79, 89, 91, 100, 134, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436,
])

/**
 * Codes by which a server ends a command for a reason that is not in the command: it was killed (by an operator, a
 * `killOp` of a balancer), or found a lock, a cursor or a query plan taken away. Of the writes in one command some may
 * have been done by then: an interruption fails the command as a whole, and undoes nothing.
 */
const interruptionCodes = new Set([24, 43, 46, 112, 136, 175, 202, 237, 279, 11601])

const maxTimeExpiredCode = 50
/** The one usage error of the driver that ends commands in flight: the client was closed around them. */
const clientClosedName = 'MongoClientClosedError'
const crowdedName = 'MongoWaitQueueTimeoutError'

/** Whether the same command may succeed a moment later: its failure says nothing about the command. */
export const isPassing = (code: unknown): boolean =>
  stateChangeCodes.has(Number(code)) || interruptionCodes.has(Number(code))

/** A server's labels for what it did not begin for want of capacity, and for what may be sent again whatever its code. */
const overloadLabel = 'SystemOverloadedError'
const retryLabels = ['RetryableWriteError', 'TransientTransactionError']

/**
 * Codes of Node's for a connection that broke or could not be had. The driver lets some of them through as they are,
 * without making a `MongoError` of them: `write ECONNRESET` where the server closed the connection in the same turn of
 * the event loop, `EPIPE` with no `syscall` where it had said so before.
 */
const connectionCodes = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'ENOTCONN',
  'ESHUTDOWN',
  'EPROTO',
  'EBADF',
  'EIO',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ABORT_ERR',
])
const connectionCodeFamilies = /^ERR_(?:STREAM|SOCKET|TLS|SSL)_/

/** Looks along the causes, since an error may be wrapped on its way; eight are more than any chain has. */
function isConnectionError(error: unknown): boolean {
  let link = error
  for (let depth = 0; depth < 8 && typeof link === 'object' && link !== null; depth += 1) {
    const { code, cause } = link as { readonly code?: unknown; readonly cause?: unknown }
    if (typeof code === 'string' && (connectionCodes.has(code) || connectionCodeFamilies.test(code)))
      return true
    if (link instanceof MongoError && fateOfDriverError(link) === 'lost') return true
    link = cause
  }
  return false
}

export function fateOf(error: unknown): Fate {
  if (error instanceof CommandGivenUpError) return 'lost'
  if (error instanceof PrimaryUnprovenError) return 'notSent'
  if (error instanceof MongoError) return fateOfDriverError(error)
  return isConnectionError(error) ? 'lost' : 'refused'
}

function fateOfDriverError(error: MongoError): Fate {
  if (error.name === crowdedName) return 'crowded'
  if (notSentNames.has(error.name) || error.hasErrorLabel('HandshakeError')) return 'notSent'
  // The driver finds fault with how it was called before it sends anything. All else that it says of itself, timeouts
  // and answers that it cannot read among them, leaves open what the server has done.
  if (!(error instanceof MongoServerError)) {
    return error instanceof MongoAPIError && error.name !== clientClosedName ? 'refused' : 'lost'
  }
  if (error.code === maxTimeExpiredCode) return 'timedOut'
  if (error.hasErrorLabel(overloadLabel)) return 'crowded'
  return isPassing(error.code) || retryLabels.some((label) => error.hasErrorLabel(label)) ? 'lost' : 'refused'
}

/** Whether a refusal proves that nothing was done: the server or the driver has said so, rather than a defect of ours. */
export const isProvenRefusal = (error: unknown): boolean =>
  error instanceof MongoError && fateOf(error) === 'refused'

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
