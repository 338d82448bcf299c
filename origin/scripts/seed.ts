/**
 * Program: `node scripts/seed.ts [FOLDER]` loads the application's seed, or that of the application in the folder, with
 * MONGODB_URI and MONGODB_DATABASE set as for the origin.
 */
import { originEnv } from '@spillway/origin/contract'
import { MongoClient } from 'mongodb'
import { loadApplication } from '../dev/load-application.ts'
import { repairDriver } from '../src/store/driver-repair.ts'
import { type LoadSeedOptions, loadSeed } from '../src/store/seed.ts'

async function main(which = 'own'): Promise<void> {
  const { application, tools } = await loadApplication(which)
  const { seed } = tools
  if (seed === undefined) {
    console.log('The application has no seed.')
    return
  }
  const uri = process.env[originEnv.mongodbUri]
  if (uri === undefined || uri === '')
    throw new Error(`${originEnv.mongodbUri} is not set: set it to a connection string`)
  repairDriver()
  const client = new MongoClient(uri, {
    writeConcern: { w: 'majority' },
    retryWrites: false,
    // Generous: a batch of a thousand documents takes a second.
    socketTimeoutMS: 60_000,
  })
  try {
    await client.connect()
    const db = client.db(process.env[originEnv.mongodbDatabase] || 'spillway')
    const added = await loadSeed(db, seed, application.resources, { onProgress: showProgress() })
    console.log(added === 0 ? 'The seed is there already.' : `${added} documents added.`)
  } finally {
    await client.close()
  }
}

/** Shows progress: one updated line in a terminal, a line per quarter elsewhere. */
function showProgress(): NonNullable<LoadSeedOptions['onProgress']> {
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

main(process.argv[2]).catch((error: Error) => {
  console.error(`Seeding failed: ${error.message}`)
  process.exitCode = 1
})
