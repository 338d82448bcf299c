/**
 * Program: `node scripts/adopt.ts URI [collection...] [--out FOLDER] [--sample N]` samples the documents of a database and
 * writes a resource file for each collection. Writes nothing into the database.
 */
import { parseArgs } from 'node:util'
import { MongoClient } from 'mongodb'
import type { Adopted } from '../dev/adopt/resource-file.ts'
import { sampleDatabase } from '../dev/adopt/sample-database.ts'
import { writeFiles } from '../dev/adopt/write-files.ts'
import { databaseNameOf } from '../dev/mongod.ts'
import { repairDriver } from '../src/store/driver-repair.ts'

const usage = `usage: npm run adopt -- URI [collection...] [--out FOLDER] [--sample N]
  URI         connection string, with the database's name in its path
  --out       folder for the resource files; without it, they are printed. No file is replaced
  --sample    documents sampled from each collection, 1 to 100000. Default 1000`

const timeoutMs = 60_000

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string' }, sample: { type: 'string', default: '1000' } },
  })
  const [uri, ...collections] = positionals
  const sampleSize = Number(values.sample)
  if (uri === undefined || !(sampleSize >= 1 && sampleSize <= 100_000) || !Number.isInteger(sampleSize)) {
    throw new Error(usage)
  }
  if (!/^mongodb(\+srv)?:\/\/[^/?]+\/[^?]/.test(uri)) throw new Error(usage)
  repairDriver()
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 10_000, appName: 'spillway-adopt' })
  try {
    await client.connect()
    const adopted = await sampleDatabase(client.db(databaseNameOf(uri)), {
      collections,
      sampleSize,
      timeoutMs,
    })
    if (adopted.length === 0) throw new Error('the database has no collection')
    const paths = values.out === undefined ? [] : await writeFiles(values.out, adopted)
    for (const one of adopted) show(one, values.out === undefined)
    for (const path of paths) console.log(`wrote ${path}`)
    console.error(
      'Read each file before you use it: decide who may read and write (access), and add it to the application.',
    )
  } finally {
    await client.close()
  }
}

/** Notes go to standard error, so that a printed file can be redirected. */
function show({ collection, source, notes }: Adopted, isPrinted: boolean): void {
  if (isPrinted && source !== '') console.log(source)
  for (const note of notes) console.error(`${collection}: ${note}`)
}

main().catch((error: Error) => {
  // The driver's message may contain the connection string's hosts, which the caller has just typed.
  console.error(error.message)
  process.exitCode = 1
})
