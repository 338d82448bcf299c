import { MongoNetworkError, MongoServerError } from 'mongodb'
import { expect, it } from 'vitest'
import { duplicateFields, fateOf } from './database-error.ts'

const named = (name: string) => Object.defineProperty(new MongoNetworkError('x'), 'name', { value: name })
const coded = (code: number) => new MongoServerError({ message: 'x', code })

it.each([
  ['no primary was found', named('MongoServerSelectionError'), 'notSent'],
  ['no connection came free', named('MongoWaitQueueTimeoutError'), 'crowded'],
  ['the pool was cleared before a connection was had', named('MongoPoolClearedError'), 'notSent'],
  ['the pool was cleared around a running command', named('PoolClearedOnNetworkError'), 'lost'],
  ['the connection broke', new MongoNetworkError('x'), 'lost'],
  ['the server is not the primary', coded(10_107), 'lost'],
  ['the server is shutting down', coded(11_600), 'lost'],
  ['time was up', coded(50), 'timedOut'],
  ['the command is wrong', coded(9), 'refused'],
  ['our own code is wrong', new TypeError('x'), 'refused'],
])('%s', (_, error, fate) => {
  expect(fateOf(error)).toBe(fate)
})

it('a connection that could not be opened has carried nothing', () => {
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
])('fields of the index in %o', (error, fields) => {
  expect(duplicateFields({ index: 0, code: 11_000, ...error })).toEqual(fields)
})
