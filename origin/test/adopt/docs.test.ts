import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineApplication, openApiDocument } from '@spillway/origin/contract'
import { type Document, Int32, ObjectId } from 'mongodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { restaurants } from '../../docs/model/example/restaurants.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { alice } from '../support/client.ts'
import { restaurants as documents } from './documents.ts'

const application = defineApplication({
  name: 'adopt',
  title: 'Adopt',
  summary: 'Adopt.',
  resources: [restaurants],
})
const editor = { subject: 'editor', scopes: [], claims: { roles: ['editor'] } }
const path = '/v1/restaurants/5eb3d668b31de5d588f4292b'

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp({ application })
  await origin.database.db.collection('restaurants').insertMany([...documents])
})
afterAll(() => origin.stop())

const stored = (): Promise<Document | null> =>
  origin.database.db
    .collection('restaurants')
    .findOne({ _id: new ObjectId(path.slice(-24)) }, { promoteValues: false })

it('the page shows the example as it is', () => {
  const folder = join(import.meta.dirname, '../../docs/model')
  const example = readFileSync(join(folder, 'example/restaurants.ts'), 'utf8')
  expect(readFileSync(join(folder, 'adopt.md'), 'utf8')).toContain(example)
})

it('the example reads and writes the adopted documents', async () => {
  const { send } = origin
  const list = await send('GET', '/v1/restaurants?cuisine=American', { as: alice })
  expect(list.json.items.map(({ name }: { name: string }) => name)).toEqual(['Riviera'])
  const shown = await send('GET', path, { as: alice })
  expect(shown.json).toEqual({
    id: path.slice(-24),
    name: 'Tov Kosher',
    cuisine: 'Jewish/Kosher',
    grades: [{ date: '2014-11-24T00:00:00.000Z', grade: 'Z' }],
    restaurantId: '40356068',
  })
  const grades = [{ date: '2026-11-24T12:00:00.000Z', grade: 'A', score: 3 }, ...shown.json.grades]
  const location = { type: 'Point', coordinates: [-73.8, 40.7] }
  const written = await send('PATCH', path, {
    as: editor,
    body: { grades, location },
    headers: { 'if-match': shown.headers.etag },
  })
  expect(written.status, written.text).toBe(200)
  const [, before] = documents as readonly [Document, Document]
  expect(await stored()).toMatchObject({
    ...before,
    address: { ...before.address, location: { type: 'Point' } },
    grades: [
      { date: new Date('2026-11-24T12:00:00.000Z'), grade: 'A', score: new Int32(3) },
      before.grades[0],
    ],
  })
})

it('the OpenAPI document requires no time that is not stored', () => {
  // The document is JSON of any shape; absent members would fail the test.
  const document = openApiDocument(application) as {
    readonly components: {
      readonly schemas: Readonly<Record<string, { readonly required: readonly string[] }>>
    }
  }
  expect(document.components.schemas.RestaurantsV1?.required).toEqual([
    'id',
    'name',
    'cuisine',
    'grades',
    'restaurantId',
  ])
})
