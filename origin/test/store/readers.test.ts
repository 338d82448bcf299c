import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type ReplicaSet, startReplicaSet } from '../../dev/replica-set.ts'
import { openRepository } from '../../src/store/open-repository.ts'
import type { Call, Repository } from '../../src/store/repository.ts'
import { inTime, listQuery, place, places } from './documents.ts'

/** Lists that may lag, and others, of a replica set with readers. */
let set: ReplicaSet
let client: MongoClient
let repository: Repository
/** Ports of the members that lists were read from. */
const asked: number[] = []

beforeAll(async () => {
  set = await startReplicaSet(3)
  client = await new MongoClient(set.uri, { monitorCommands: true, writeConcern: { w: 3 } }).connect()
  client.on('commandStarted', ({ commandName, address }) => {
    if (commandName === 'find' || commandName === 'aggregate') asked.push(Number(address.split(':').at(-1)))
  })
  repository = openRepository(client.db('readers')).repository
  await repository.create(places, { fields: place('Paris', 2_000_000) }, undefined, inTime())
}, 120_000)
afterAll(async () => {
  await client?.close()
  await set?.stop()
})
beforeEach(() => void asked.splice(0))

const list = (call: Pick<Call, 'from'> = {}) =>
  repository.list(places, listQuery(places, 'sort=name&limit=3'), undefined, { ...inTime(), ...call })

it('a list that may lag is read from a reader, and any other from the primary', async () => {
  const primary = await set.primaryPort()
  expect(await list()).toMatchObject({ kind: 'page' })
  expect(asked).toEqual([primary])
  asked.length = 0
  expect(await list({ from: 'reader' })).toMatchObject({ kind: 'page' })
  expect(asked).toHaveLength(1)
  expect(asked).not.toContain(primary)
})

it('equal lists are joined with those of the same promise alone', async () => {
  const primary = await set.primaryPort()
  await Promise.all([list(), list({ from: 'reader' }), list(), list({ from: 'reader' })])
  expect(asked.filter((port) => port === primary)).toHaveLength(1)
  expect(asked.filter((port) => port !== primary)).toHaveLength(1)
})
