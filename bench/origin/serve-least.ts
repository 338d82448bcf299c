import { randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { portOf } from '@spillway/origin/dev/ports'
import { type Document, MongoClient } from 'mongodb'
import {
  etagOf,
  type PlaceInput,
  type StoredPlace,
  shownPlace,
  storedChanges,
  storedFields,
  versionOf,
} from '../peers/place.ts'
import { listeningLine, peerSettings } from '../peers/settings.ts'
import { newTrip, type StoredTrip, shownTrip, type TripInput } from '../peers/trip.ts'
import { Joined } from './joined.ts'

export interface LeastOptions {
  /**
   * Whether a conditional update uses the document as this process last saw it, instead of reading it: what a change
   * would cost if it needed nothing of the document.
   */
  readonly knowsDocuments: boolean
}

/** Delay of the next batch of writes, in ms: the callers of the last one return meanwhile. */
const gatherMs = 5

/**
 * Serves places with the minimum work of a server that joins database commands: Node's HTTP server, the driver's bare
 * commands, `JSON.parse` and `JSON.stringify`. It has no checks, limits, deadlines, idempotency or outcomes of single
 * items, so it is no peer. It shows what the runtime and the database ask for.
 */
export async function serveLeast({ knowsDocuments }: LeastOptions): Promise<void> {
  const { uri, database, poolSize } = peerSettings()
  const client = new MongoClient(uri, { maxPoolSize: poolSize })
  await client.connect()
  const db = client.db(database)
  const known = new Map<string, StoredPlace>()
  const writing = { ordered: false, writeConcern: { w: 'majority' } }

  const find = async (query: Document, batchSize: number): Promise<readonly StoredPlace[]> =>
    (await db.command({ find: 'places', ...query, batchSize })).cursor.firstBatch

  const reads = new Joined<string, StoredPlace | undefined>({
    execute: async (ids) => {
      const found = await find(
        { filter: ids.length === 1 ? { _id: ids[0] } : { _id: { $in: ids } } },
        ids.length + 1,
      )
      const byId = new Map(found.map((place) => [place._id, place]))
      if (knowsDocuments) for (const place of found) known.set(place._id, place)
      return ids.map((id) => byId.get(id))
    },
    keyOf: (id) => id,
    inflightMax: 3,
  })
  const lists = new Joined<string, string>({
    // A list takes a command of its own; those who ask for the same one share it.
    execute: async ([countryCode = '']) => {
      const query = { filter: { countryCode }, sort: { population: -1, _id: -1 }, limit: 20 }
      return [JSON.stringify({ items: (await find(query, 21)).map(shownPlace) })]
    },
    keyOf: (countryCode) => countryCode,
    itemsMax: 1,
    inflightMax: 6,
  })
  const insertsOf = <Stored>(collection: string) =>
    new Joined<Stored, Stored>({
      execute: async (documents) => {
        await db.command({ insert: collection, documents, ...writing })
        return documents
      },
      gatherMs,
    })
  const inserts = insertsOf<StoredPlace>('places')
  const trips = insertsOf<StoredTrip>('trips')
  const updates = new Joined<StoredPlace, StoredPlace>({
    execute: async (places) => {
      const changes = places.map((u) => ({ q: { _id: u._id, version: u.version - 1 }, u }))
      const { n } = await db.command({ update: 'places', updates: changes, ...writing })
      if (n !== places.length) throw new Error('a document has changed, and this server does not tell which')
      return places
    },
    gatherMs,
  })

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method, headers, url = '' } = request
    const country = url.indexOf('countryCode=')
    if (method === 'GET' && country >= 0) {
      send(response, 200, await lists.ask(url.slice(country + 12, country + 14)))
    } else if (method === 'GET') {
      const place = await reads.ask(idIn(url))
      if (place === undefined) send(response, 404, '{}')
      else sendPlace(response, 200, place)
    } else if (method === 'POST' && url.endsWith('/trips')) {
      // The cast: the driver of the bench sends trips.
      const input = JSON.parse(await bodyOf(request)) as TripInput
      const trip = await trips.ask(newTrip(input, randomUUID(), subjectIn(headers)))
      send(response, 201, JSON.stringify(shownTrip(trip)), etagOf(trip))
    } else if (method === 'POST') {
      // The cast: the driver of the bench sends places.
      const input = JSON.parse(await bodyOf(request)) as PlaceInput
      const at = new Date()
      const place = { _id: randomUUID(), ...storedFields(input), createdAt: at, updatedAt: at, version: 1 }
      sendPlace(response, 201, await inserts.ask(place))
    } else {
      // The cast: the driver of the bench sends changes of places.
      const changes = JSON.parse(await bodyOf(request)) as Partial<PlaceInput>
      const id = idIn(url)
      const place = known.get(id) ?? (await reads.ask(id))
      if (place === undefined || versionOf(headers['if-match']) !== place.version) {
        return send(response, 412, '{}')
      }
      const next = { ...place, ...storedChanges(changes), updatedAt: new Date(), version: place.version + 1 }
      await updates.ask(next)
      if (knowsDocuments) known.set(id, next)
      sendPlace(response, 200, next)
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => send(response, 500, error.message))
  })
  server.keepAliveTimeout = 75_000
  server.listen(0, '127.0.0.1', () => {
    console.log(listeningLine(portOf(server)))
  })
  process.once('SIGTERM', () => {
    server.close(() => void client.close())
    server.closeAllConnections()
  })
}

/** Subject of the token that the least Worker passes on, unchecked. */
const subjectIn = ({ 'spillway-assertion': token }: IncomingHttpHeaders): string =>
  JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString()).sub

const idIn = (url: string): string => url.slice(url.lastIndexOf('/') + 1)

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts).toString()
}

const sendPlace = (response: ServerResponse, status: number, place: StoredPlace): void =>
  send(response, status, JSON.stringify(shownPlace(place)), etagOf(place))

function send(response: ServerResponse, status: number, body: string, etag?: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-cache',
    ...(etag !== undefined && { etag }),
  })
  response.end(body)
}
