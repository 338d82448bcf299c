import { MongoAPIError, MongoError, MongoServerError } from 'mongodb'

/**
 * Effect of a driver's error on the command that it ended.
 * - `notSent`: the command never left this process; it had no effect.
 * - `crowded`: it was not executed, because the pool had no free connection in time or the server is overloaded.
 * - `lost`: it may or may not have been executed, also in part if it holds several writes, and a change of primary may
 *   undo it.
 * - `timedOut`: the server stopped it at `maxTimeMS`.
 * - `refused`: server or driver rejected the command itself; it had no effect and never will.
 */
export type Fate = 'notSent' | 'crowded' | 'lost' | 'timedOut' | 'refused'

/** A command exceeded its time bound and was given up. It may have been executed, or may be executed later. */
export class CommandGivenUpError extends Error {
  override readonly name = 'CommandGivenUpError'

  constructor(boundMs: number) {
    super(`a database command did not end within ${Math.round(boundMs)} ms`)
  }
}

/** A new primary has not committed an entry of its own term in time: its data may be outdated. */
export class PrimaryUnprovenError extends Error {
  override readonly name = 'PrimaryUnprovenError'

  constructor() {
    super('the new primary has not committed in its own term yet')
  }
}

/**
 * Errors from before a connection was available, by name, because the driver does not export all classes.
 * `PoolClearedOnNetworkError` and `MongoClientClosedError` are not among them: they end commands in flight.
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
 * Codes of a server that is not, or is no longer, the primary, or that stopped waiting for the majority ("State Change
 * Errors" of MongoDB's SDAM specification, and write concern codes).
 */
const stateChangeCodes = new Set([
  6, 7, 64, 79, 89, 91, 100, 134, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436,
])

/**
 * Codes of a command that was ended for a reason outside the command: it was killed (by an operator or a load
 * balancer's `killOp`), or lost a lock, a cursor or a query plan. Some of its writes may have happened: an interruption
 * fails the command as a whole, and undoes nothing.
 */
const interruptionCodes = new Set([24, 43, 46, 112, 136, 175, 202, 237, 279, 11601])

const maxTimeExpiredCode = 50
/** The only usage error of the driver that ends commands in flight: the client was closed. */
const clientClosedName = 'MongoClientClosedError'
const crowdedName = 'MongoWaitQueueTimeoutError'

/** Whether the same command may succeed later: the error says nothing about the command itself. */
export const isPassing = (code: unknown): boolean =>
  stateChangeCodes.has(Number(code)) || interruptionCodes.has(Number(code))

/**
 * Labels of a server for commands that it did not start for lack of capacity, and for those that may be retried
 * whatever their code.
 */
const overloadLabel = 'SystemOverloadedError'
const retryLabels = ['RetryableWriteError', 'TransientTransactionError']

/**
 * Node's error codes for a connection that broke or could not be opened. The driver passes some through without a
 * `MongoError`: `write ECONNRESET` if the server closed the connection in the same turn of the event loop, and `EPIPE`
 * without `syscall` if it had closed it before.
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

/** Follows the chain of causes, because errors may be wrapped; no chain has more than eight. */
function isConnectionError(error: unknown): boolean {
  let link = error
  for (let depth = 0; depth < 8 && typeof link === 'object' && link !== null; depth += 1) {
    // The cast is safe: both members are checked before use.
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
  // The driver rejects wrong usage before it sends anything. Its other errors, such as timeouts and unreadable answers,
  // leave open what the server did.
  if (!(error instanceof MongoServerError)) {
    return error instanceof MongoAPIError && error.name !== clientClosedName ? 'refused' : 'lost'
  }
  if (error.code === maxTimeExpiredCode) return 'timedOut'
  if (error.hasErrorLabel(overloadLabel)) return 'crowded'
  return isPassing(error.code) || retryLabels.some((label) => error.hasErrorLabel(label)) ? 'lost' : 'refused'
}

/**
 * Whether a refusal proves that nothing was done: it came from the server or the driver, and is no defect of the
 * origin.
 */
export const isProvenRefusal = (error: unknown): boolean =>
  error instanceof MongoError && fateOf(error) === 'refused'

const duplicateKeyCodes = new Set([11000, 11001])

/** Error of one item in the reply to a write command. */
export interface WriteError {
  readonly index: number
  readonly code: number
  readonly errmsg?: string
  readonly keyPattern?: Readonly<Record<string, unknown>>
}

export const isDuplicateKey = ({ code }: WriteError): boolean => duplicateKeyCodes.has(code)

/**
 * Fields of the violated unique index; `['_id']` for the primary key. Read from `keyPattern`, or from the index name in
 * the message (`a_1_b_-1`) if a server does not send one.
 */
export function duplicateFields({ keyPattern, errmsg = '' }: WriteError): readonly string[] {
  if (keyPattern !== undefined) return Object.keys(keyPattern)
  const name = /index: (?:\S+\.\$)?(\S+)/.exec(errmsg)?.[1]
  if (name === undefined) return []
  if (name === '_id_' || name === '_id') return ['_id']
  // The cast is safe: the pattern has a group that always matches.
  return [...name.matchAll(/([A-Za-z_][A-Za-z0-9]*)_-?1(?:_|$)/g)].map((match) => match[1] as string)
}

/** Reason for a log: the server's name of the error, never the driver's message, which may name hosts. */
export function reasonOf(error: unknown): string {
  // The cast is safe: both members of an error of the driver are strings, or absent.
  const { codeName, name } = error as { readonly codeName?: string; readonly name?: string }
  return codeName ?? name ?? 'unknown'
}
