import { randomBytes } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { applyIndexes, planIndexes } from '../../src/store/indexes.ts'
import { openRepository } from '../../src/store/open-repository.ts'
import { clientOptions } from '../../src/store/pool.ts'
import { resources } from '../fixture/application.ts'
import { mongodbUri } from '../support/database.ts'
import { advisories, advisory, inTime, listQuery, ownedBy, place, places, trip, trips } from './documents.ts'

/**
 * Amazon DocumentDB implements a part of MongoDB ("Supported MongoDB APIs, operations, and data types in Amazon
 * DocumentDB", developer guide). The origin sends only this short list of the oldest commands and operators. Check the
 * guide before you add one.
 */
const commandsAllowed = [
  'find',
  'getMore',
  'killCursors',
  'insert',
  'update',
  'createIndexes',
  'dropIndexes',
  'listIndexes',
  'hello',
  'ping',
  'endSessions',
]
const operatorsAllowed = ['$and', '$or', '$in', '$eq', '$gt', '$gte', '$lt', '$lte', '$exists']
/** Members that the driver adds to a command; no operators. */
const envelope = ['$db', '$clusterTime', '$readPreference']

const sent: { readonly name: string; readonly command: unknown }[] = []
let client: MongoClient
const database = `test-${randomBytes(6).toString('hex')}`

beforeAll(async () => {
  const options = clientOptions({ uri: mongodbUri(), database, poolSize: 4 })
  client = new MongoClient(mongodbUri(), { ...options, monitorCommands: true })
  client.on('commandStarted', ({ commandName, command }) => sent.push({ name: commandName, command }))
  await client.connect()
})

afterAll(async () => {
  await client.db(database).dropDatabase()
  await client.close()
})

it('sends only commands and operators of DocumentDB', async () => {
  const db = client.db(database)
  await applyIndexes(db, await planIndexes(db, resources), { destructive: true })
  await db.collection('places').createIndex({ region: 1 })
  await applyIndexes(db, await planIndexes(db, resources), { destructive: true })
  const { repository } = openRepository(db)
  const key = { subject: 'alice', version: 'v2' as const, key: 'k', request: 'r' }
  for (let time = 0; time < 2; time += 1) {
    await repository.create(advisories, { fields: advisory('FR-2026-1') }, key, inTime())
    await repository.createBatch(trips, [{ fields: trip('alice', 'Nice') }], { ...key, key: 'b' }, inTime())
  }
  await Promise.all(['a', 'b', 'c'].map((id) => repository.read(places, id, inTime())))
  const created = await repository.create(places, { fields: place('Lyon', 500_000) }, undefined, inTime())
  if (created.kind !== 'created') throw new Error(created.kind)
  await repository.replace(places, created.document, place('Lyon', 500_001), inTime())
  await repository.delete(places, created.document, inTime())
  for (const [resource, search, residual, after] of [
    [places, 'countryCode=FR&population[gte]=1&population[lt]=9', undefined, [5, 'id']],
    [places, 'kind[in]=city,capital&population[gt]=1&population[lte]=9&sort=name', undefined, ['x', 'id']],
    [advisories, 'code=FR-2026-1', undefined, undefined],
    [trips, '', ownedBy('alice'), undefined],
  ] as const) {
    await repository.list(resource, { ...listQuery(resource, search), after }, residual, inTime())
  }

  const names = new Set(sent.map(({ name }) => name))
  expect([...names].filter((name) => !commandsAllowed.includes(name))).toEqual([])
  expect([...names]).toEqual(
    expect.arrayContaining(['find', 'insert', 'update', 'createIndexes', 'dropIndexes', 'listIndexes']),
  )
  const operators = new Set(sent.flatMap(({ command }) => dollarNames(command)))
  for (const name of envelope) operators.delete(name)
  expect([...operators].filter((name) => !operatorsAllowed.includes(name))).toEqual([])
  expect(operators.size).toBe(operatorsAllowed.length)
  for (const { name, command } of sent) {
    if (name !== 'insert' && name !== 'update') continue
    expect(command).toMatchObject({ ordered: false, writeConcern: { w: 'majority' } })
    expect(command).not.toHaveProperty('txnNumber')
  }
})

function dollarNames(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(dollarNames)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return []
  return Object.entries(value).flatMap(([name, part]) => [
    ...(name.startsWith('$') ? [name] : []),
    ...dollarNames(part),
  ])
}
