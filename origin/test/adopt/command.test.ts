import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { defineApplication, filterTypeOf, type Resource } from '@spillway/origin/contract'
import { type Document, Int32, ObjectId } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Adopted, resourceFile } from '../../dev/adopt/resource-file.ts'
import { sampleDatabase } from '../../dev/adopt/sample-database.ts'
import { writeFiles } from '../../dev/adopt/write-files.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { mongodbUri, openTestDatabase, type TestDatabase } from '../support/database.ts'
import { documents, restaurants } from './documents.ts'

const all: Readonly<Record<string, readonly Document[]>> = { ...documents, restaurants }
const admin = { subject: 'root', scopes: [], claims: { roles: ['admin'] } }
const before = new Map<string, Map<string, Document>>()

let database: TestDatabase
let folder: string
let adopted: readonly Adopted[]
let origin: TestApp
let application: ReturnType<typeof defineApplication>

beforeAll(async () => {
  database = await openTestDatabase(new Map())
  const { db } = database
  for (const [collection, some] of Object.entries(all)) await db.collection(collection).insertMany([...some])
  await db.collection('restaurants').createIndex({ cuisine: 1, borough: 1 })
  await db.collection('restaurants').createIndex({ restaurant_id: 1 }, { unique: true })
  await db.collection('comments').createIndex({ movie_id: 1, date: -1 })
  await db.collection('listingsAndReviews').createIndex({ 'address.location': '2dsphere' })
  adopted = await sampleDatabase(db, { sampleSize: 1_000, timeoutMs: 30_000 })
  folder = await mkdtemp(join(import.meta.dirname, '.adopted-'))
  const paths = await writeFiles(folder, adopted)
  const modules = await Promise.all(paths.map((path) => import(/* @vite-ignore */ pathToFileURL(path).href)))
  const resources: Resource[] = modules.flatMap((module) => Object.values(module) as Resource[])
  application = defineApplication({ name: 'adopted', title: 'Adopted', summary: 'Adopted.', resources })
  const { layoutsOf } = await import('../../src/store/codec/layouts.ts')
  const layouts = layoutsOf(application.resources, () => {})
  origin = await startTestApp({
    application,
    database: { ...database, repository: (options) => database.repository({ ...options, layouts }) },
  })
  for (const collection of Object.keys(all)) before.set(collection, await stored(collection))
})
afterAll(async () => {
  await origin?.stop()
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

/** Documents by id, with the types of BSON. */
async function stored(collection: string): Promise<Map<string, Document>> {
  const found = await database.db.collection(collection).find({}, { promoteValues: false }).toArray()
  return new Map(found.map((document) => [String(document._id), document]))
}

const fileOf = (collection: string): string =>
  adopted.find((one) => one.collection === collection)?.source ?? ''
const notesOf = (collection: string): readonly string[] =>
  adopted.find((one) => one.collection === collection)?.notes ?? []

describe('the command', () => {
  it('writes a file for each collection', async () => {
    expect((await readdir(folder)).sort()).toEqual([
      'accounts-v1.ts',
      'comments.ts',
      'listings-and-reviews.ts',
      'machines.ts',
      'movies.ts',
      'restaurants.ts',
    ])
  })

  it('finds names, types, optional fields and indexes', () => {
    expect(fileOf('restaurants')).toBe(`import { asStored, resource, role } from '@spillway/origin/contract'
import { Type } from 'typebox'

const schema = Type.Object({
  address: Type.Object({ building: Type.String(), coord: Type.Array(Type.Number()), street: Type.String(), zipcode: Type.String() }),
  borough: Type.String(),
  cuisine: Type.String(),
  grades: Type.Array(Type.Object({ date: Type.String({ format: 'date-time' }), grade: Type.String(), score: Type.Optional(Type.Integer()) })),
  name: Type.String(),
  restaurantId: Type.String(),
})

export const restaurants = resource('restaurants', {
  description: 'Documents of the collection restaurants.',
  schema,
  access: { read: role('admin'), write: role('admin') },
  stored: {
    collection: 'restaurants',
    id: 'objectId',
    fields: { restaurantId: 'restaurant_id' },
    types: { 'grades.date': 'date' },
  },
  query: { filter: ['cuisine', 'restaurantId'] },
  indexes: [
    { fields: { cuisine: 1, borough: 1 } },
    { fields: { restaurantId: 1 }, unique: true },
  ],
  versions: [asStored('v1', schema)],
})
`)
    expect(notesOf('restaurants')).toEqual([])
  })

  it('says what it could not infer', () => {
    expect(notesOf('machines')).toEqual([expect.stringContaining('access.create is never')])
    expect(notesOf('movies')).toEqual(
      expect.arrayContaining([
        expect.stringContaining('imdb.rating: has the types'),
        expect.stringContaining('year: has the types'),
        expect.stringContaining('plot: every value is null'),
      ]),
    )
    expect(notesOf('listingsAndReviews')).toEqual(
      expect.arrayContaining([
        '_id: has the types string (3), objectId (1); documents of another type than text are not shown',
        'address.location: is a point that has is_location_exact too; they are not shown',
      ]),
    )
    expect(fileOf('listingsAndReviews')).toContain("{ fields: { 'address.location': '2dsphere' } }")
    const odd = resourceFile(
      'users',
      [
        {
          _id: new ObjectId(),
          'e-mail': 'x',
          password_hash: 'x',
          __v: 1,
          Größe: new Int32(1),
          limit: new Int32(2),
          名: 3,
        },
      ],
      [],
    )
    expect(odd.notes).toEqual([
      'password_hash: the name is that of a secret; it is not shown',
      '__v: the name begins with _ or $, or has a dot; it is not shown',
      '名: no field can have this name; it is not shown',
    ])
    expect(odd.source).toContain("fields: { eMail: 'e-mail', grosse: 'Größe', ownLimit: 'limit' }")
    expect(resourceFile('logs', [{ _id: { day: 1 }, n: 1 }], []).file).toBeUndefined()
    expect(resourceFile('empty', [], []).notes).toContain('the collection is empty')
  })

  it('quotes names, which are somebody else’s', () => {
    const name = "a'];process.exit();//\\"
    const { source } = resourceFile(name, [{ _id: 'x', "b'\n": 1 }], [])
    expect(source).toContain(`collection: 'a\\'];process.exit();//\\\\'`)
    expect(source).toContain(`fields: { b: 'b\\'\\n' }`)
  })

  it('replaces no file, and writes none if one exists', async () => {
    const [first] = await readdir(folder)
    const content = await readFile(join(folder, first as string), 'utf8')
    const more: Adopted = { collection: 'more', file: 'more.ts', source: '', notes: [] }
    await expect(writeFiles(folder, [more, ...adopted])).rejects.toThrow('nothing was written')
    expect(await readFile(join(folder, first as string), 'utf8')).toBe(content)
    expect(await readdir(folder)).not.toContain('more.ts')
  })

  it('names the collections if one does not exist', async () => {
    const options = { collections: ['nothing'], sampleSize: 1, timeoutMs: 30_000 }
    await expect(sampleDatabase(database.db, options)).rejects.toThrow(
      "no collection 'nothing': there are Accounts.v1",
    )
  })

  it('prints a file, and notes apart from it', async () => {
    const script = join(import.meta.dirname, '../../scripts/adopt.ts')
    const { pathname, host, search } = new URL(mongodbUri())
    expect(pathname).toBe('/')
    const uri = `mongodb://${host}/${database.db.databaseName}${search}`
    const run = (...args: string[]) => promisify(execFile)(process.execPath, [script, ...args])
    const { stdout, stderr } = await run(uri, 'restaurants', 'machines')
    expect(stdout).toBe(`${fileOf('restaurants')}\n${fileOf('machines')}\n`)
    expect(stderr).toContain('machines: _id: are integers')
    await expect(run(mongodbUri())).rejects.toThrow("with the database's name in its path")
  })

  it('writes nothing into the database', async () => {
    const names = (await database.db.listCollections().toArray()).map(({ name }) => name)
    expect(names.sort()).toEqual(Object.keys(all).sort())
    for (const collection of names) expect(await stored(collection)).toEqual(before.get(collection))
  })
})

it.each(Object.keys(all))(
  '%s is read and written, and its owner finds every document as it was but for that',
  async (collection) => {
    const { send } = origin
    const resource = [...application.resources.values()].find(
      (one) => one.stored?.collection === collection,
    ) as Resource
    const path = `/v1/${resource.name}`
    const { status, json } = await send('GET', path, { as: admin })
    expect(status, JSON.stringify(json)).toBe(200)
    const layoutIds = json.items.map(({ id }: { id: string }) => id)
    const isListed = (_id: unknown) => !(collection === 'listingsAndReviews' && _id instanceof ObjectId)
    expect(layoutIds).toHaveLength(
      [...(before.get(collection) as Map<string, Document>).values()].filter(({ _id }) => isListed(_id))
        .length,
    )
    // Every document is written with what it shows, and one field of text is changed and changed back.
    for (const item of json.items) {
      const { id, createdAt: _, updatedAt: __, ...fields } = item
      const name = Object.keys(fields).find(
        (field) =>
          typeof fields[field] === 'string' &&
          filterTypeOf(resource.schema.properties[field] ?? {})?.kind === 'string',
      )
      const at = `${path}/${id}`
      for (const change of name === undefined
        ? [{}]
        : [{ [name]: `${fields[name]} ` }, { [name]: fields[name] }]) {
        const { headers } = await send('GET', at, { as: admin })
        const answer = await send('PATCH', at, {
          as: admin,
          body: change,
          headers: { 'if-match': headers.etag as string },
        })
        expect(answer.status, answer.text).toBe(200)
      }
      expect((await send('PUT', at, { as: admin, body: fields })).status).toBe(200)
    }
    const times = Object.values(resource.stored?.fields ?? {})
    for (const [id, document] of await stored(collection)) {
      const old = { ...before.get(collection)?.get(id) } as Document
      // The time of the change is the one thing that the writes have changed.
      for (const time of times) if (/update/i.test(time)) old[time] = document[time]
      expect(document).toEqual(old)
      expect(Object.keys(document)).toEqual(Object.keys(old))
    }
  },
)
