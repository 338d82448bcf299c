import {
  MongoClientClosedError,
  MongoInvalidArgumentError,
  MongoNetworkError,
  MongoParseError,
  MongoServerError,
  MongoUnexpectedServerResponseError,
} from 'mongodb'
import { expect, it } from 'vitest'
import {
  CommandGivenUpError,
  duplicateFields,
  type Fate,
  fateOf,
  isProvenRefusal,
  PrimaryUnprovenError,
} from './database-error.ts'

const named = (name: string) => Object.defineProperty(new MongoNetworkError('x'), 'name', { value: name })
const coded = (code: number) => new MongoServerError({ message: 'x', code })
const labelled = (code: number, ...errorLabels: string[]) =>
  new MongoServerError({ message: 'x', code, errorLabels })
const raw = (code: string) => Object.assign(new Error('x'), { code })

it.each<readonly [string, unknown, Fate]>([
  ['no primary was found', named('MongoServerSelectionError'), 'notSent'],
  ['no connection came free', named('MongoWaitQueueTimeoutError'), 'crowded'],
  ['the pool was cleared before a connection was had', named('MongoPoolClearedError'), 'notSent'],
  ['the pool was cleared around a running command', named('PoolClearedOnNetworkError'), 'lost'],
  ['the connection broke', new MongoNetworkError('x'), 'lost'],
  ['the server is not the primary', coded(10_107), 'lost'],
  ['the server is shutting down', coded(11_600), 'lost'],
  ['time was up', coded(50), 'timedOut'],
  ['an operator has killed the command', coded(11_601), 'lost'],
  ['a lock was not to be had', coded(24), 'lost'],
  ['the server says that it may be sent again', labelled(8, 'RetryableWriteError'), 'lost'],
  ['the server takes no more', labelled(462, 'SystemOverloadedError', 'RetryableError'), 'crowded'],
  ['the command is wrong', coded(9), 'refused'],
  ['our own code is wrong', new TypeError('x'), 'refused'],
  ['the driver was called wrongly', new MongoInvalidArgumentError('x'), 'refused'],
  ['the client was closed around a running command', new MongoClientClosedError(), 'lost'],
  ['the answer cannot be read', new MongoParseError('x'), 'lost'],
  ['no answer came', new MongoUnexpectedServerResponseError('x'), 'lost'],
  ['the command was given up', new CommandGivenUpError(1_000), 'lost'],
  ['the new primary has committed nothing yet', new PrimaryUnprovenError(), 'notSent'],
  ...[
    ...['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENOTFOUND'],
    ...['ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END', 'ERR_STREAM_PREMATURE_CLOSE'],
    ...['ERR_SOCKET_CLOSED', 'ERR_SSL_WRONG_VERSION_NUMBER'],
  ].map((code) => [`the socket says ${code}`, raw(code), 'lost'] as const),
  ['a cause names the socket', new Error('x', { cause: new Error('y', { cause: raw('EPIPE') }) }), 'lost'],
  ['a cause is a lost connection', new Error('x', { cause: new MongoNetworkError('y') }), 'lost'],
  ['a file is missing', raw('ENOENT'), 'refused'],
])('%s', (_, error, fate) => {
  expect(fateOf(error)).toBe(fate)
})

it.each([
  ['an error of the server', coded(9), true],
  ['a usage error of the driver', new MongoInvalidArgumentError('x'), true],
  ['a broken connection', new MongoNetworkError('x'), false],
  ['a defect of the origin', new TypeError('x'), false],
])('tells whether %s proves that nothing was done', (_, error, isProven) => {
  expect(isProvenRefusal(error)).toBe(isProven)
})

it('treats a failed handshake as not sent', () => {
  const error = new MongoNetworkError('x')
  error.addErrorLabel('HandshakeError')
  expect(fateOf(error)).toBe('notSent')
})

it.each([
  [{ keyPattern: { code: 1 } }, ['code']],
  [
    { errmsg: 'E11000 duplicate key error collection: s.advisories index: code_1 dup key: { : "x" }' },
    ['code'],
  ],
  [
    { errmsg: 'E11000 duplicate key error collection: s.t index: ownerId_1_startsOn_-1' },
    ['ownerId', 'startsOn'],
  ],
  [{ errmsg: 'E11000 duplicate key error collection: s.places index: _id_' }, ['_id']],
  [{ errmsg: 'something else' }, []],
])('finds the fields of the index in %o', (error, fields) => {
  expect(duplicateFields({ index: 0, code: 11_000, ...error })).toEqual(fields)
})
