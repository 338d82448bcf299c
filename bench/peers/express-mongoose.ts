import { randomUUID } from 'node:crypto'
import { portOf } from '@spillway/origin/dev/ports'
import express, { type ErrorHandler, type Middleware } from 'express'
import mongoose, { Schema } from 'mongoose'
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
 * Express and mongoose, as a careful team would write it: validation in the schema, `lean` reads, one command per
 * request, majority writes, and a pool of the same size as all subjects.
 */
const settings = peerSettings()
const { uri, database, poolSize } = settings
const subjectOf = subjectCheck(settings)
await mongoose.connect(uri, {
  dbName: database,
  maxPoolSize: poolSize,
  writeConcern: { w: 'majority' },
  // Indexes are created with the data, once for all peers.
  autoIndex: false,
  autoCreate: false,
})

const placeSchema = new Schema<StoredPlace>(
  {
    _id: String,
    name: { type: String, required: true, minlength: 1, maxlength: 200 },
    countryCode: { type: String, required: true, match: /^[A-Z]{2}$/ },
    region: { type: String, maxlength: 20 },
    kind: { type: String, required: true, enum: ['capital', 'regional-capital', 'city', 'district'] },
    population: { type: Number, required: true, min: 0, max: 100_000_000, validate: Number.isInteger },
    latitude: { type: Number, required: true, min: -90, max: 90 },
    longitude: { type: Number, required: true, min: -180, max: 180 },
    version: { type: Number, required: true },
  },
  { collection: 'places', timestamps: true, versionKey: false, strict: 'throw' },
)
const Place = mongoose.model('Place', placeSchema)

const day = { type: String, required: true, match: /^\d{4}-\d{2}-\d{2}$/ }
const tripSchema = new Schema<StoredTrip>(
  {
    _id: String,
    ownerId: { type: String, required: true },
    title: { type: String, required: true, minlength: 1, maxlength: 200 },
    startsOn: day,
    endsOn: day,
    placeIds: {
      type: [{ type: String, match: /^[A-Za-z0-9_-]{1,64}$/ }],
      required: true,
      validate: (ids: readonly string[]) => ids.length <= 50,
    },
    budgetCents: { type: Number, min: 0, max: 1_000_000_000, validate: Number.isInteger },
    notes: { type: String, maxlength: 4_000 },
    version: { type: Number, required: true },
  },
  { collection: 'trips', timestamps: true, versionKey: false, strict: 'throw' },
)
const Trip = mongoose.model('Trip', tripSchema)

const app = express()
app.disable('x-powered-by')
// Off, because Express would hash every body; the version is the ETag.
app.disable('etag')
const checkToken: Middleware = async (request, response, next) => {
  const subject = await subjectOf(request.headers.authorization)
  if (subject === undefined) {
    response.status(401).json({ title: 'Access token required' })
    return
  }
  response.locals.subject = subject
  next()
}
app.use(checkToken)
app.use(express.json({ type: ['application/json', 'application/merge-patch+json'] }))

app.get('/v2/places/:id', async (request, response) => {
  const place = await Place.findById(request.params.id).lean<StoredPlace>()
  if (place === null) {
    response.status(404).json({ title: 'Not found', status: 404 })
    return
  }
  response.set({ etag: etagOf(place), 'cache-control': 'public, no-cache' }).json(shownPlace(place))
})

app.get('/v2/places', async (request, response) => {
  const { countryCode = '', limit = '20', 'population[lt]': below } = request.query
  const places = await Place.find({
    countryCode,
    ...(below !== undefined && { population: { $lt: Number(below) } }),
  })
    .sort({ population: -1, _id: -1 })
    .limit(Math.min(100, Number(limit)))
    .lean<StoredPlace[]>()
  response.set({ 'cache-control': 'public, no-cache' }).json({ items: places.map(shownPlace) })
})

app.post('/v2/places', async (request, response) => {
  // The cast is safe: Mongoose checks the fields when it saves them.
  const fields = storedFields(request.body as PlaceInput)
  const place = await new Place({ ...fields, _id: randomUUID(), version: 1 }).save()
  const stored = place.toObject()
  response
    .status(201)
    .set({ etag: etagOf(stored), location: `/v2/places/${stored._id}` })
    .json(shownPlace(stored))
})

app.patch('/v2/places/:id', async (request, response) => {
  const version = versionOf(request.headers['if-match'])
  const place = await Place.findOneAndUpdate(
    updateFilter(request.params.id ?? '', version),
    // The cast is safe: Mongoose checks the fields when it saves them (`runValidators`).
    { $set: storedChanges(request.body as Partial<PlaceInput>), $inc: { version: 1 } },
    { returnDocument: 'after', runValidators: true },
  ).lean<StoredPlace>()
  if (place === null) {
    response.status(version === undefined ? 404 : 412).json({ title: 'The document has changed' })
    return
  }
  response.set({ etag: etagOf(place) }).json(shownPlace(place))
})

app.post('/v2/trips', async (request, response) => {
  // The cast is safe: Mongoose checks the fields when it saves them.
  const trip = await new Trip(
    newTrip(request.body as TripInput, randomUUID(), String(response.locals.subject)),
  ).save()
  const stored = trip.toObject()
  response
    .status(201)
    .set({ etag: etagOf(stored), location: `/v2/trips/${stored._id}` })
    .json(shownTrip(stored))
})

// Four arguments make it an error handler.
const onError: ErrorHandler = (error, _request, response, _next) => {
  const { StrictModeError, ValidationError } = mongoose.Error
  for (const callers of [StrictModeError, ValidationError, SyntaxError]) {
    if (error instanceof callers) {
      response.status(422).json({ title: error.message })
      return
    }
  }
  response.status(500).json({ title: 'Something went wrong' })
}
app.use(onError)

const server = app.listen(0, '127.0.0.1', () => {
  console.log(listeningLine(portOf(server)))
})

process.once('SIGTERM', () => {
  server.close(() => void mongoose.disconnect())
  server.closeIdleConnections()
})
