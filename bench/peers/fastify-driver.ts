import { randomUUID } from 'node:crypto'
import fastify from 'fastify'
import { MongoClient } from 'mongodb'
import {
  etagOf,
  type PlaceInput,
  type PlaceQuery,
  placeSchemas,
  type StoredPlace,
  shownPlace,
  storedChanges,
  storedFields,
  updateFilter,
  versionOf,
} from './place.ts'
import { listeningLine, peerSettings, subjectCheck } from './settings.ts'
import { newTrip, type StoredTrip, shownTrip, type TripInput, tripSchemas } from './trip.ts'

/**
 * Plain Fastify and the MongoDB driver, as in their manuals: schemas for validation and serialization, one command per
 * request, majority writes, and a pool of the same size as all subjects.
 */
const settings = peerSettings()
const { uri, database, poolSize } = settings
const subjectOf = subjectCheck(settings)
const client = new MongoClient(uri, { maxPoolSize: poolSize, writeConcern: { w: 'majority' } })
await client.connect()
const places = client.db(database).collection<StoredPlace>('places')
const trips = client.db(database).collection<StoredTrip>('trips')

declare module 'fastify' {
  interface FastifyRequest {
    subject: string
  }
}

const app = fastify({ logger: false })
app.addContentTypeParser(
  'application/merge-patch+json',
  { parseAs: 'string' },
  app.getDefaultJsonParser('error', 'error'),
)

app.decorateRequest('subject', '')
app.addHook('onRequest', async (request, reply) => {
  const subject = await subjectOf(request.headers.authorization)
  if (subject === undefined) return reply.code(401).send(unknownCaller)
  request.subject = subject
})

const document = { response: { '2xx': placeSchemas.shown } }
const unknownCaller = { title: 'Access token required', status: 401 }
const missing = { title: 'Not found', status: 404 }
const changed = { title: 'The document has changed', status: 412 }

app.get<{ Params: { id: string } }>('/v2/places/:id', { schema: document }, async (request, reply) => {
  const place = await places.findOne({ _id: request.params.id })
  if (place === null) return reply.code(404).send(missing)
  return reply.headers({ etag: etagOf(place), 'cache-control': 'public, no-cache' }).send(shownPlace(place))
})

const list = {
  querystring: placeSchemas.query,
  response: {
    '2xx': { type: 'object', properties: { items: { type: 'array', items: placeSchemas.shown } } },
  },
}
app.get<{ Querystring: PlaceQuery }>('/v2/places', { schema: list }, async (request, reply) => {
  const { countryCode, limit, 'population[lt]': below } = request.query
  const found = await places
    .find({ countryCode, ...(below !== undefined && { population: { $lt: below } }) })
    .sort({ population: -1, _id: -1 })
    .limit(limit)
    .toArray()
  return reply.header('cache-control', 'public, no-cache').send({ items: found.map(shownPlace) })
})

app.post<{ Body: PlaceInput }>(
  '/v2/places',
  { schema: { body: placeSchemas.create, ...document } },
  async (request, reply) => {
    const now = new Date()
    const place: StoredPlace = {
      _id: randomUUID(),
      ...storedFields(request.body),
      createdAt: now,
      updatedAt: now,
      version: 1,
    }
    await places.insertOne(place)
    return reply
      .code(201)
      .headers({ etag: etagOf(place), location: `/v2/places/${place._id}` })
      .send(shownPlace(place))
  },
)

app.patch<{ Params: { id: string }; Body: Partial<PlaceInput> }>(
  '/v2/places/:id',
  { schema: { body: placeSchemas.patch, ...document } },
  async (request, reply) => {
    const version = versionOf(request.headers['if-match'])
    const place = await places.findOneAndUpdate(
      updateFilter(request.params.id, version),
      { $set: { ...storedChanges(request.body), updatedAt: new Date() }, $inc: { version: 1 } },
      { returnDocument: 'after' },
    )
    if (place === null) return reply.code(version === undefined ? 404 : 412).send(changed)
    return reply.header('etag', etagOf(place)).send(shownPlace(place))
  },
)

app.post<{ Body: TripInput }>(
  '/v2/trips',
  { schema: { body: tripSchemas.create, response: { '2xx': tripSchemas.shown } } },
  async (request, reply) => {
    const trip = newTrip(request.body, randomUUID(), request.subject)
    await trips.insertOne(trip)
    return reply
      .code(201)
      .headers({ etag: etagOf(trip), location: `/v2/trips/${trip._id}` })
      .send(shownTrip(trip))
  },
)

const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
console.log(listeningLine(Number(url.port)))

process.once('SIGTERM', async () => {
  await app.close()
  await client.close()
})
