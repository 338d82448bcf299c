// biome-ignore-all lint/correctness/noUndeclaredDependencies: installed when it is wanted, see on-demand.ts.
import { createRequire } from 'node:module'
import type { Server } from 'node:net'
import { portOf } from '@spillway/origin/dev/ports'
import { MongoClient } from 'mongodb'
import { packagesVariable } from './on-demand.ts'
import type { StoredPlace } from './place.ts'
import { listeningLine, peerSettings, subjectCheck } from './settings.ts'

/**
 * Parse Server over the same documents: its class, its REST API, and its validation by the types of the class. Paths
 * and queries of our API are translated to its own; its answers are not. It ignores If-Match.
 */

/** Type of Express's request, as far as it is used. */
interface Request {
  method: string
  url: string
  headers: Record<string, string | undefined>
}

// Parse Server's logger opens files in the working directory when it is loaded, whatever its settings say.
process.env.PARSE_SERVER_LOGS_FOLDER = 'null'
const require = createRequire(process.env[packagesVariable] ?? import.meta.url)
const { ParseServer } = require('parse-server')
const express = require('express')

const settings = peerSettings()
const { uri, database, poolSize } = settings
const subjectOf = subjectCheck(settings)
/** Paths of our API, and the classes behind them. */
const classes = { '/v2/places': 'Place', '/v2/trips': 'Trip' } as const
const appId = 'bench'

/** Copies the documents into Parse Server's own collections and field names. */
async function copyPlaces(): Promise<void> {
  const client = new MongoClient(uri)
  try {
    const places = client.db(database).collection<StoredPlace>('places')
    const own = client.db(database).collection<{ _id: string }>(classes['/v2/places'])
    const documents = (await places.find().toArray()).map(
      ({ createdAt, updatedAt, version: _, ...place }) => ({
        ...place,
        _created_at: createdAt,
        _updated_at: updatedAt,
      }),
    )
    await own.insertMany(documents, { ordered: false })
    await own.createIndex({ countryCode: 1, population: -1, _id: -1 })
    const trips = client.db(database).collection(classes['/v2/trips'])
    for (const then of ['startsOn', 'title']) await trips.createIndex({ ownerId: 1, [then]: 1 })
  } finally {
    await client.close()
  }
}
await copyPlaces()

const field = (type: 'String' | 'Number' | 'Object' | 'Array') => ({ type, required: true })
const anyone = { '*': true }
const classLevelPermissions = { find: anyone, get: anyone, create: anyone, update: anyone }
const parse = new ParseServer({
  databaseURI: uri.replace('/?', `/${database}?`),
  databaseOptions: { maxPoolSize: poolSize },
  appId,
  masterKey: crypto.randomUUID(),
  serverURL: 'http://127.0.0.1/parse',
  silent: true,
  logLevel: 'error',
  logsFolder: null,
  allowCustomObjectId: false,
  schema: {
    definitions: [
      {
        className: classes['/v2/places'],
        fields: {
          name: field('String'),
          countryCode: field('String'),
          region: { type: 'String' },
          kind: field('String'),
          population: field('Number'),
          location: field('Object'),
        },
        classLevelPermissions,
      },
      {
        className: classes['/v2/trips'],
        fields: {
          title: field('String'),
          startsOn: field('String'),
          endsOn: field('String'),
          placeIds: field('Array'),
          budgetCents: { type: 'Number' },
          notes: { type: 'String' },
        },
        classLevelPermissions,
      },
    ],
  },
})
await parse.start()

const app = express()
app.disable('x-powered-by')
app.use(async (request: Request, response: { sendStatus(status: number): void }, next: () => void) => {
  if ((await subjectOf(request.headers.authorization)) === undefined) return response.sendStatus(401)
  const url = new URL(request.url, 'http://peer')
  const { countryCode, limit, 'population[lt]': below } = Object.fromEntries(url.searchParams)
  // The cast is safe: the pattern matches the keys of `classes` alone.
  request.url = url.pathname.replace(
    /^\/v2\/(?:places|trips)/,
    (path) => `/parse/classes/${classes[path as keyof typeof classes]}`,
  )
  if (countryCode !== undefined) {
    const where = { countryCode, ...(below !== undefined && { population: { $lt: Number(below) } }) }
    const query = new URLSearchParams({
      where: JSON.stringify(where),
      order: '-population',
      limit: limit ?? '20',
    })
    request.url += `?${query}`
  }
  if (request.method === 'PATCH') request.method = 'PUT'
  if (request.headers['content-type'] !== undefined) request.headers['content-type'] = 'application/json'
  request.headers['x-parse-application-id'] = appId
  next()
})
app.use('/parse', parse.app)

const server: Server = app.listen(0, '127.0.0.1', () => {
  console.log(listeningLine(portOf(server)))
})
process.once('SIGTERM', () => process.exit(0))
