import { randomUUID } from 'node:crypto'
import {
  type FilterType,
  operators as listOperators,
  nearStage,
  parseListQuery,
  type Resource,
  scoredStages,
  searchCondition,
} from '@spillway/origin/contract'
import { type CommandStartedEvent, MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { applyIndexes, planIndexes } from '../src/store/indexes.ts'
import { openRepository } from '../src/store/open-repository.ts'
import { loadSeed } from '../src/store/seed.ts'
import { resources } from './fixture/application.ts'
import { placesSeed } from './fixture/seed.ts'
import { startTestApp, type TestApp } from './support/app.ts'
import { alice, editor } from './support/client.ts'
import { mongodbUri } from './support/database.ts'
import {
  commands,
  housekeeping,
  operators,
  operatorsIn,
  stages,
  stagesIn,
} from './support/documentdb-list.ts'
import { advisory, placeV2, trip } from './support/samples.ts'

const database = `commands-${randomUUID().slice(0, 8)}`
const client = new MongoClient(mongodbUri(), { monitorCommands: true, retryWrites: false })
const started: CommandStartedEvent[] = []
let origin: TestApp

beforeAll(async () => {
  client.on('commandStarted', (event) => started.push(event))
  const db = client.db(database)
  await applyIndexes(db, await planIndexes(db, resources), { destructive: false })
  await loadSeed(db, placesSeed(50), resources)
  const { repository, commits } = openRepository(db)
  origin = await startTestApp({ over: () => repository, commits })
})
afterAll(async () => {
  await origin.stop()
  await client.db(database).dropDatabase()
  await client.close()
})

/** One type of each kind, with strings that are valid values. */
const samples: Readonly<Record<FilterType['kind'], readonly [FilterType, string]>> = {
  string: [{ kind: 'string' }, 'a'],
  choice: [{ kind: 'choice', choices: ['a', 'b'] }, 'a'],
  number: [{ kind: 'number', integer: true }, '1'],
  boolean: [{ kind: 'boolean' }, 'true'],
  date: [{ kind: 'date' }, '2026-11-24'],
  'date-time': [{ kind: 'date-time' }, '2026-11-24T12:00:00.000Z'],
  'object-id': [{ kind: 'object-id' }, '5ca4bbcea2dd94ee58162a68'],
  decimal: [{ kind: 'decimal' }, '12.50'],
  int64: [{ kind: 'int64' }, '9007199254740993'],
  uuid: [{ kind: 'uuid' }, 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6'],
}

it('near uses only stages and operators of DocumentDB', () => {
  const near = nearStage({ latitude: 1, longitude: 2, metres: 3 }, { field: { $eq: 1 } })
  expect([...stagesIn({ pipeline: [near] })].filter((name) => !stages.has(name))).toEqual([])
  expect([...operatorsIn({ pipeline: [near] })]).toEqual(['$eq'])
})

it('search uses only operators of DocumentDB', () => {
  const used = [...operatorsIn(searchCondition(['word']))]
  expect(used.filter((name) => !operators.has(name))).toEqual([])
  const scored = scoredStages(searchCondition(['word']))
  expect([...stagesIn({ pipeline: scored })].filter((name) => !stages.has(name))).toEqual([])
  expect([...operatorsIn({ pipeline: scored })]).toEqual(['$text', '$search', '$meta'])
})

it.each(Object.entries(listOperators))('%s uses only operators of DocumentDB', (word, operator) => {
  for (const kind of operator.kinds) {
    const [type, text] = samples[kind]
    const operand = operator.parse(type, word === 'exists' ? 'true' : text)
    if ('detail' in operand) throw new Error(operand.detail)
    const used = [...operatorsIn(operator.condition('field', operand.value))]
    expect(used).not.toEqual([])
    expect(used.filter((name) => !operators.has(name))).toEqual([])
  }
})

it('sends only commands and operators of DocumentDB', async () => {
  const { send } = origin
  const key = { 'idempotency-key': 'once' }
  const { headers } = await send('POST', '/v2/trips', { as: alice, body: trip, headers: key })
  await send('POST', '/v2/trips', { as: alice, body: trip, headers: key })
  const path = headers.location as string
  await send('PATCH', path, { as: alice, body: { title: 'x' }, headers: { 'if-match': '"1"' } })
  await send('PUT', path, { as: alice, body: trip, headers: { 'if-match': '*' } })
  await Promise.all(Array.from({ length: 20 }, () => send('GET', path, { as: alice })))
  await send('DELETE', path, { as: alice, headers: { 'if-match': '*' } })
  await send('POST', '/v2/places/batch', { as: editor, body: { items: [placeV2, placeV2] }, headers: key })
  const taken = advisory()
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    await send('POST', '/v2/advisories', { as: editor, body: taken })
  }
  for (const query of [
    '?countryCode=CN&population[gte]=1&population[lt]=90000000&kind[in]=city,capital&limit=2',
    '?limit=2&sort=name,-population',
    `?limit=2&cursor=${(await send('GET', '/v2/places?limit=2')).json.nextCursor}`,
  ]) {
    expect((await send('GET', `/v2/places${query}`)).status).toBe(200)
  }
  await send('GET', '/v2/trips', { as: alice })
  const place = (await send('POST', '/v2/places', { as: editor, body: placeV2 })).headers.location
  for (const headers of [{}, key]) {
    const body = { by: 1 }
    expect((await send('POST', `${place}/adjust-population`, { as: editor, body, headers })).status).toBe(200)
  }
  const places = resources.get('places') as Resource
  const query = parseListQuery(
    { resource: places, version: 'v2', representation: places.versions.get('v2') as never },
    'countryCode=CN',
  )
  if (!query.ok) throw new Error(query.problem.detail)
  const call = { deadline: performance.now() + 10_000 }
  expect(await origin.repository.count(places, query.value, undefined, call)).toMatchObject({
    kind: 'counted',
  })
  await send('GET', '/readyz')

  const sent = new Set(started.map(({ commandName }) => commandName))
  expect([...sent].filter((name) => !commands.has(name) && !housekeeping.has(name))).toEqual([])
  for (const name of ['find', 'aggregate', 'insert', 'update', 'createIndexes', 'commitTransaction'])
    expect(sent).toContain(name)
  const used = new Set(started.flatMap(({ command }) => [...operatorsIn(command)]))
  expect([...used].filter((name) => !operators.has(name))).toEqual([])
  const staged = new Set(started.flatMap(({ command }) => [...stagesIn(command)]))
  expect([...staged].filter((name) => !stages.has(name))).toEqual([])
})
