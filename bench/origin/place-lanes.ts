import { type Document, MongoClient } from 'mongodb'
import type { StoredPlace } from '../peers/place.ts'
import type { PeerSettings } from '../peers/settings.ts'
import type { StoredTrip } from '../peers/trip.ts'
import { Joined } from './joined.ts'

export interface LanesOptions<Page> {
  /** Makes the page that the callers of one list share. */
  readonly pageOf: (places: readonly StoredPlace[]) => Page
  /** Documents of a page. @default 20 */
  readonly limit?: number
  /** Called with each document that was read. @default none */
  readonly onRead?: (place: StoredPlace) => void
  /** Time bound of a command, in ms: for the server, and for the wait of this process. @default none */
  readonly boundMs?: number
}

/** Joined commands on places, and new trips. */
export interface PlaceLanes<Page> {
  readonly reads: Joined<string, StoredPlace | undefined>
  readonly lists: Joined<string, Page>
  readonly inserts: Joined<StoredPlace, StoredPlace>
  readonly updates: Joined<StoredPlace, StoredPlace>
  readonly trips: Joined<StoredTrip, StoredTrip>
  close(): Promise<void>
}

/** Delay of the next batch of writes, in ms: the callers of the last one return meanwhile. */
const gatherMs = 5

/** Opens the lanes of a floor: the driver's bare commands, joined as little code can join them. */
export async function openLanes<Page>(
  { uri, database, poolSize }: PeerSettings,
  { boundMs, limit = 20, onRead, pageOf }: LanesOptions<Page>,
): Promise<PlaceLanes<Page>> {
  const client = new MongoClient(uri, { maxPoolSize: poolSize })
  await client.connect()
  const db = client.db(database)
  const run = (command: Document): Promise<Document> =>
    boundMs === undefined ? db.command(command) : within(db.command(command), boundMs)
  const reading = boundMs !== undefined && { maxTimeMS: boundMs, readConcern: { level: 'majority' } }
  const writing = {
    ordered: false,
    writeConcern: { w: 'majority', ...(boundMs !== undefined && { wtimeout: boundMs }) },
  }
  const find = async (query: Document, batchSize: number): Promise<readonly StoredPlace[]> =>
    (await run({ find: 'places', ...query, batchSize, ...reading })).cursor.firstBatch
  const insertsInto = <Stored>(collection: string) =>
    new Joined<Stored, Stored>({
      execute: async (documents) => {
        await run({ insert: collection, documents, ...writing })
        return documents
      },
      gatherMs,
    })

  return {
    reads: new Joined({
      execute: async (ids) => {
        const found = await find(
          { filter: ids.length === 1 ? { _id: ids[0] } : { _id: { $in: ids } } },
          ids.length + 1,
        )
        const byId = new Map(found.map((place) => [place._id, place]))
        if (onRead !== undefined) for (const place of found) onRead(place)
        return ids.map((id) => byId.get(id))
      },
      keyOf: (id) => id,
      inflightMax: 3,
    }),
    lists: new Joined({
      // A list takes a command of its own; those who ask for the same one share it.
      execute: async ([countryCode = '']) => {
        const query = { filter: { countryCode }, sort: { population: -1, _id: -1 }, limit }
        return [pageOf(await find(query, limit + 1))]
      },
      keyOf: (countryCode) => countryCode,
      itemsMax: 1,
      inflightMax: 6,
    }),
    inserts: insertsInto('places'),
    trips: insertsInto('trips'),
    updates: new Joined({
      execute: async (places) => {
        const updates = places.map((u) => ({ q: { _id: u._id, version: u.version - 1 }, u }))
        const { n } = await run({ update: 'places', updates, ...writing })
        if (n !== places.length)
          throw new Error('a document has changed, and this server does not tell which')
        return places
      },
      gatherMs,
    }),
    close: () => client.close(),
  }
}

/** Waits for a command until its time is over. */
function within<Result>(command: Promise<Result>, boundMs: number): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>()
  const timer = setTimeout(() => reject(new Error(`no reply within ${boundMs} ms`)), boundMs)
  command.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}
