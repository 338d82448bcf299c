import { pipeline, Transform } from 'node:stream'
import { stringify } from 'csv-stringify'
import fastify from 'fastify'
import { MongoClient } from 'mongodb'
import { listeningLine, peerSettings, subjectCheck } from './settings.ts'

/**
 * An export as a careful team would write it: plain Fastify sends the stream of a cursor, converted by csv-stringify or
 * a transform. It reads the origin's collection in the order of the origin's export, and writes nothing.
 */
const settings = peerSettings()
const subjectOf = subjectCheck(settings)
const client = new MongoClient(settings.uri, { maxPoolSize: settings.poolSize })
await client.connect()

/** Fields of a booking that its readers are shown. */
const columns = [
  ...['id', 'createdAt', 'updatedAt', 'listingId', 'guestId', 'hostId', 'startsOn', 'endsOn'],
  ...['guests', 'nights', 'totalCents', 'status'],
]

interface StoredBooking {
  readonly _id: string
  readonly _v: number
  readonly _created: string
  readonly _updated: string
  readonly startsOn: string
}
const bookings = client.db(settings.database).collection<StoredBooking>('bookings')

const shown = ({ _id, _v, _created, _updated, ...fields }: StoredBooking) => ({
  id: _id,
  createdAt: _created,
  updatedAt: _updated,
  ...fields,
})

const lines = () =>
  new Transform({
    writableObjectMode: true,
    transform: (booking, _, done) => done(null, `${JSON.stringify(booking)}\n`),
  })

const app = fastify({ logger: false })
app.get('/v1/bookings', async (request, reply) => {
  if ((await subjectOf(request.headers.authorization)) === undefined) {
    return reply.code(401).send({ title: 'Access token required', status: 401 })
  }
  const cursor = bookings
    .find({ _v: { $gt: 0 } }, { projection: { _w: 0 } })
    .sort({ startsOn: -1, _id: -1 })
    .map(shown)
    .stream()
  const isCsv = request.headers.accept === 'text/csv'
  const text = isCsv ? stringify({ header: true, columns, record_delimiter: '\r\n' }) : lines()
  // An error of one destroys the other. A caller who leaves destroys both, which closes the cursor.
  pipeline(cursor, text, () => {})
  return reply.type(isCsv ? 'text/csv; charset=utf-8' : 'application/x-ndjson').send(text)
})

const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
console.log(listeningLine(Number(url.port)))

process.once('SIGTERM', async () => {
  await app.close()
  await client.close()
})
