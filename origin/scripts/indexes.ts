/**
 * Program: `node scripts/indexes.ts [--apply]` shows the differences between contract and database, and removes them
 * with `--apply`. Starting the origin only adds indexes; dropping and rebuilding them is an operator's decision.
 */
import { application } from '@spillway/origin/application'
import { originEnv } from '@spillway/origin/contract'
import { MongoClient } from 'mongodb'
import { repairDriver } from '../src/store/driver-repair.ts'
import { applyIndexes, type IndexPlan, planIndexes } from '../src/store/indexes.ts'

async function main(): Promise<void> {
  const uri = process.env[originEnv.mongodbUri]
  if (uri === undefined || uri === '')
    throw new Error(`${originEnv.mongodbUri} is not set: set it to a connection string`)
  const isApplying = process.argv.includes('--apply')
  repairDriver()
  const client = new MongoClient(uri, { writeConcern: { w: 'majority' }, retryWrites: false })
  try {
    await client.connect()
    const db = client.db(process.env[originEnv.mongodbDatabase] || 'spillway')
    const changes = await planIndexes(db, application.resources)
    for (const index of changes.keep) console.log(`  keep     ${describe(index)}`)
    for (const index of changes.create) console.log(`+ create   ${describe(index)}`)
    for (const index of changes.replace) console.log(`~ replace  ${describe(index)}`)
    for (const { collection, name } of changes.drop) console.log(`- drop     ${collection}.${name}`)
    const count = changes.create.length + changes.replace.length + changes.drop.length
    if (count === 0) console.log('The indexes are as the contract says.')
    else if (isApplying) {
      await applyIndexes(db, changes, { destructive: true })
      console.log(`${count} changes made.`)
    } else console.log(`${count} changes to make: run again with --apply.`)
  } finally {
    await client.close()
  }
}

const describe = ({ collection, name, unique, sparse, expireAfterSeconds }: IndexPlan): string =>
  [
    `${collection}.${name}`,
    ...(unique ? ['unique'] : []),
    ...(sparse ? ['sparse'] : []),
    ...(expireAfterSeconds === undefined ? [] : [`expires after ${expireAfterSeconds} s`]),
  ].join(' ')

main().catch((error: Error) => {
  console.error(`Indexes could not be compared: ${error.message}`)
  process.exitCode = 1
})
