import { randomUUID } from 'node:crypto'
import { serve } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { MongoClient } from 'mongodb'
import { isPlace, isPlaceChange, isTrip } from './checks.ts'
import {
  etagOf,
  type PlaceInput,
  type StoredPlace,
  shownPlace,
  storedChanges,
  storedFields,
  updateFilter,
  versionOf,
} from './place.ts'
import { listeningLine, peerSettings, subjectCheck } from './settings.ts'
import { newTrip, type StoredTrip, shownTrip, type TripInput } from './trip.ts'

/**
 * hono on Node and the MongoDB driver: the edge's framework at the origin. Schemas are compiled once, which Fastify
 * does by itself. One command per request, majority writes, and a pool of the same size as all subjects.
 */
const settings = peerSettings()
const { uri, database, poolSize } = settings
const subjectOf = subjectCheck(settings)
const client = new MongoClient(uri, { maxPoolSize: poolSize, writeConcern: { w: 'majority' } })
await client.connect()
const places = client.db(database).collection<StoredPlace>('places')
const trips = client.db(database).collection<StoredTrip>('trips')

const app = new Hono<{ Variables: { subject: string } }>()
app.use(async (context, next) => {
  const subject = await subjectOf(context.req.header('authorization'))
  if (subject === undefined) return context.json({ title: 'Access token required' }, 401)
  context.set('subject', subject)
  return next()
})
const invalid = { title: 'The body does not match the schema', status: 422 }

/** A JSON body; `undefined` if it is not JSON or does not match the schema. */
async function bodyOf<Body>(context: Context, schema: typeof isPlace): Promise<Body | undefined> {
  const body: unknown = await context.req.json().catch(() => undefined)
  // The cast is safe: the schema has accepted the body.
  return schema.Check(body) ? (body as Body) : undefined
}

app.get('/v2/places/:id', async (context) => {
  const place = await places.findOne({ _id: context.req.param('id') })
  if (place === null) return context.json({ title: 'Not found', status: 404 }, 404)
  return context.json(shownPlace(place), 200, { etag: etagOf(place), 'cache-control': 'public, no-cache' })
})

app.get('/v2/places', async (context) => {
  const { countryCode = '', limit = '20', 'population[lt]': below } = context.req.query()
  const found = await places
    .find({ countryCode, ...(below !== undefined && { population: { $lt: Number(below) } }) })
    .sort({ population: -1, _id: -1 })
    .limit(Math.min(100, Number(limit)))
    .toArray()
  return context.json({ items: found.map(shownPlace) }, 200, { 'cache-control': 'public, no-cache' })
})

app.post('/v2/places', async (context) => {
  const body = await bodyOf<PlaceInput>(context, isPlace)
  if (body === undefined) return context.json(invalid, 422)
  const now = new Date()
  const place: StoredPlace = {
    _id: randomUUID(),
    ...storedFields(body),
    createdAt: now,
    updatedAt: now,
    version: 1,
  }
  await places.insertOne(place)
  return context.json(shownPlace(place), 201, { etag: etagOf(place), location: `/v2/places/${place._id}` })
})

app.patch('/v2/places/:id', async (context) => {
  const body = await bodyOf<Partial<PlaceInput>>(context, isPlaceChange)
  if (body === undefined) return context.json(invalid, 422)
  const version = versionOf(context.req.header('if-match'))
  const place = await places.findOneAndUpdate(
    updateFilter(context.req.param('id'), version),
    { $set: { ...storedChanges(body), updatedAt: new Date() }, $inc: { version: 1 } },
    { returnDocument: 'after' },
  )
  if (place === null)
    return context.json({ title: 'The document has changed' }, version === undefined ? 404 : 412)
  return context.json(shownPlace(place), 200, { etag: etagOf(place) })
})

app.post('/v2/trips', async (context) => {
  const body = await bodyOf<TripInput>(context, isTrip)
  if (body === undefined) return context.json(invalid, 422)
  const trip = newTrip(body, randomUUID(), context.get('subject'))
  await trips.insertOne(trip)
  return context.json(shownTrip(trip), 201, { etag: etagOf(trip), location: `/v2/trips/${trip._id}` })
})

const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
  console.log(listeningLine(port))
})

process.once('SIGTERM', () => {
  server.close(() => void client.close())
  if ('closeIdleConnections' in server) server.closeIdleConnections()
})
