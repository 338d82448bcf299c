import { randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { portOf } from '@spillway/origin/dev/ports'
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
import { newTrip, shownTrip, type TripInput } from '../peers/trip.ts'
import { openLanes } from './place-lanes.ts'

export interface LeastOptions {
  /**
   * Whether a conditional update uses the document as this process last saw it, instead of reading it: what a change
   * would cost if it needed nothing of the document.
   */
  readonly knowsDocuments: boolean
}

/**
 * Serves places with the minimum work of a server that joins database commands: Node's HTTP server, the driver's bare
 * commands, `JSON.parse` and `JSON.stringify`. It has no checks, limits, deadlines, idempotency or outcomes of single
 * items, so it is no peer. It shows what the runtime and the database ask for.
 */
export async function serveLeast({ knowsDocuments }: LeastOptions): Promise<void> {
  const known = new Map<string, StoredPlace>()
  const { reads, lists, inserts, updates, trips, close } = await openLanes(peerSettings(), {
    pageOf: (places) => JSON.stringify({ items: places.map(shownPlace) }),
    ...(knowsDocuments && { onRead: (place) => void known.set(place._id, place) }),
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
    server.close(() => void close())
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
