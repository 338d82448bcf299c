// biome-ignore-all lint/correctness/noUndeclaredDependencies: installed when it is wanted, see on-demand.ts.
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import type { Server } from 'node:net'
import { portOf } from '@spillway/origin/dev/ports'
import { isPlace, isPlaceChange, isTrip } from './checks.ts'
import { packagesVariable } from './on-demand.ts'
import {
  etagOf,
  type PlaceInput,
  type StoredPlace,
  shownPlace,
  storedChanges,
  storedFields,
  versionOf,
} from './place.ts'
import { listeningLine, peerSettings, subjectCheck } from './settings.ts'
import { newTrip, type StoredTrip, shownTrip, type TripInput } from './trip.ts'

/**
 * Feathers with its Koa transport and its MongoDB adapter, as in its manual: a service with hooks around it. Pagination
 * is off, since it would also count every list.
 */

/** Type of a hook's context, as far as it is used. */
interface HookContext {
  params: {
    subject?: string
    query?: Record<string, unknown>
    headers?: Readonly<Record<string, string>>
    paginate?: false
  }
  data: unknown
  result: StoredPlace | readonly StoredPlace[]
  http: { headers?: Record<string, string> }
}

/** Type of Koa's context, as far as it is used. */
interface KoaContext {
  req: { headers: Record<string, string> }
  feathers?: object
}

const require = createRequire(process.env[packagesVariable] ?? import.meta.url)
const { feathers } = require('@feathersjs/feathers')
const { koa, rest, bodyParser, errorHandler } = require('@feathersjs/koa')
const { MongoDBService } = require('@feathersjs/mongodb')
const { NotAuthenticated, Unprocessable } = require('@feathersjs/errors')
const { MongoClient } = require('mongodb')

const settings = peerSettings()
const { uri, database, poolSize } = settings
const subjectOf = subjectCheck(settings)
const client = new MongoClient(uri, { maxPoolSize: poolSize, writeConcern: { w: 'majority' } })
await client.connect()

const app = koa(feathers())
app.use(errorHandler())
app.use(async (context: KoaContext, next: () => unknown) => {
  const subject = await subjectOf(context.req.headers.authorization)
  if (subject === undefined) throw new NotAuthenticated('Access token required')
  context.feathers = { ...context.feathers, subject }
  // Feathers' body parser accepts a single media type of JSON.
  if (context.req.headers['content-type']?.startsWith('application/merge-patch')) {
    context.req.headers['content-type'] = 'application/json'
  }
  return next()
})
app.use(bodyParser())
app.configure(rest())
app.use(
  'v2/places',
  new MongoDBService({ Model: client.db(database).collection('places'), disableObjectify: true }),
)

app.service('v2/places').hooks({
  before: {
    find: [
      ({ params }: HookContext) => {
        // The casts name the parameters that the bench sends, any of which may be missing.
        const { countryCode, limit = '20', population } = (params.query ?? {}) as Record<string, never>
        const { lt } = (population ?? {}) as { lt?: string }
        params.paginate = false
        params.query = {
          countryCode,
          ...(lt !== undefined && { population: { $lt: Number(lt) } }),
          $sort: { population: -1, _id: -1 },
          $limit: Math.min(100, Number(limit)),
        }
      },
    ],
    create: [
      (context: HookContext) => {
        if (!isPlace.Check(context.data)) throw new Unprocessable('The body does not match the schema')
        const now = new Date()
        // The cast is safe: the schema has accepted the data.
        const fields = storedFields(context.data as unknown as PlaceInput)
        context.data = { _id: randomUUID(), ...fields, createdAt: now, updatedAt: now, version: 1 }
      },
    ],
    patch: [
      (context: HookContext) => {
        if (!isPlaceChange.Check(context.data)) throw new Unprocessable('The body does not match the schema')
        const version = versionOf(context.params.headers?.['if-match'])
        if (version !== undefined) context.params.query = { version }
        // The cast is safe: the schema has accepted the data.
        const changes = storedChanges(context.data as Partial<PlaceInput>)
        context.data = { ...changes, updatedAt: new Date(), $inc: { version: 1 } }
      },
    ],
  },
  after: {
    all: [
      (context: HookContext) => {
        const { result } = context
        if (Array.isArray(result)) {
          Object.assign(context, { result: { items: result.map(shownPlace) } })
        } else {
          // The cast is safe: the service returns what it has stored.
          const place = result as StoredPlace
          context.http = { headers: { etag: etagOf(place) } }
          Object.assign(context, { result: shownPlace(place) })
        }
      },
    ],
  },
})

app.use(
  'v2/trips',
  new MongoDBService({ Model: client.db(database).collection('trips'), disableObjectify: true }),
)
app.service('v2/trips').hooks({
  before: {
    create: [
      (context: HookContext) => {
        if (!isTrip.Check(context.data)) throw new Unprocessable('The body does not match the schema')
        // The cast is safe: the schema has accepted the data.
        context.data = newTrip(
          context.data as unknown as TripInput,
          randomUUID(),
          context.params.subject ?? '',
        )
      },
    ],
  },
  after: {
    create: [
      (context: HookContext) => {
        // The cast is safe: the service returns what it has stored.
        const trip = context.result as unknown as StoredTrip
        context.http = { headers: { etag: etagOf(trip) } }
        Object.assign(context, { result: shownTrip(trip) })
      },
    ],
  },
})

const server: Server = await app.listen(0, '127.0.0.1')
if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
console.log(listeningLine(portOf(server)))
process.once('SIGTERM', () => process.exit(0))
