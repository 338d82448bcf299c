/**
 * Program: `node scripts/migrate.ts [--plan | --run | --replace | --remove] [--application FOLDER]` shows what this release does to the indexes
 * and documents of a database, with MONGODB_URI and MONGODB_DATABASE set as for the origin, or does a part of it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Catalogue } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import { openBuildConnection } from '../src/indexes/build-connection.ts'
import type { Duplicate } from '../src/indexes/duplicates.ts'
import { IndexJob, type IndexObservation } from '../src/indexes/index-job.ts'
import { type PlannedIndex, planRelease, usesOf } from '../src/indexes/index-plan.ts'
import { holderName } from '../src/jobs/holder-name.ts'
import { checkMigrationResults } from '../src/migrations/check-migrations.ts'
import { createCommandBounds } from '../src/store/command-bounds.ts'
import { repairDriver } from '../src/store/driver-repair.ts'
import { type IndexPlan, nameOf } from '../src/store/indexes.ts'
import { applicationIn } from './application-in.ts'
import { migrateDocuments, showMigrations } from './migrate-documents.ts'
import { originDatabase } from './open-database.ts'

const usage = `usage: npm run migrate -- [--plan | --run | --replace | --remove] [--application FOLDER]
  --plan      shows what the release does to documents and indexes, and changes nothing (default)
  --run       migrates documents, then builds missing indexes, one at a time in the background, and waits for the end
  --replace   drops indexes that differ from their declaration, and builds them again: until then they are missing
  --remove    drops indexes that are not declared and that no query uses for ten seconds, or for --seconds`

async function main(): Promise<void> {
  const on = { type: 'boolean', default: false } as const
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      ...{ plan: on, run: on, replace: on, remove: on },
      seconds: { ...text, default: '10' },
      application: text,
    },
  })
  const chosen = [values.plan, values.run, values.replace, values.remove].filter(Boolean)
  const watchedMs = Number(values.seconds) * 1_000
  if (chosen.length > 1 || !(watchedMs >= 0)) throw new Error(usage)
  const { resources } = await applicationIn(values.application)
  checkMigrationResults(resources)
  const { uri, database } = originDatabase()
  repairDriver()
  const { db, close } = await openBuildConnection(uri, database)
  try {
    const planned = await planRelease(db, resources)
    // A command that drops an index would end the build of another.
    if ((values.remove || values.replace) && planned.some(({ kind }) => kind === 'building'))
      throw new Error('an index is being built: wait for its end')
    if (values.run || values.replace) {
      refuseDuplicates(planned, values.replace)
      if (values.replace) await drop(db, planned)
      await migrateDocuments(db, resources)
      await build(db, resources, () => openBuildConnection(uri, database))
    } else if (values.remove) await remove(db, planned, watchedMs)
    else {
      await showMigrations(db, resources)
      show(planned)
    }
  } finally {
    await close()
  }
}

function show(planned: readonly PlannedIndex[]): void {
  if (planned.length === 0) console.log('The indexes are as the release declares them.')
  for (const step of planned) for (const line of linesOf(step)) console.log(line)
}

function linesOf(step: PlannedIndex): readonly string[] {
  switch (step.kind) {
    case 'build': {
      const how = step.documents === 0 ? 'at once' : `in the background over ${step.documents} documents`
      return [`+ build    ${described(step.index)}, ${how}`, ...step.duplicates.map(duplicateLine)]
    }
    case 'replace': {
      const line = `~ replace  ${described(step.index)}, over ${step.documents} documents: see --replace`
      return [line, ...step.duplicates.map(duplicateLine)]
    }
    case 'building':
      return [`… building ${described(step.index)}: ${step.percent === null ? 'begun' : `${step.percent} %`}`]
    case 'remove': {
      const uses = step.uses === undefined ? 'uses unknown' : `${step.uses} uses`
      return [`- remove   ${nameOf(step)}, ${uses}: see --remove, once no older release runs`]
    }
  }
}

const described = (index: IndexPlan): string =>
  [
    nameOf(index),
    ...(index.unique ? ['unique'] : []),
    ...(index.sparse ? ['sparse'] : []),
    ...(index.expireAfterSeconds === undefined ? [] : [`expires after ${index.expireAfterSeconds} s`]),
  ].join(' ')

const duplicateLine = ({ values, count, ids }: Duplicate): string =>
  `  ! ${count} documents have ${JSON.stringify(values)}: ${ids.join(', ')}${count > ids.length ? ', …' : ''}`

/** @throws {Error} if documents with equal values prevent an index that is to be built */
function refuseDuplicates(planned: readonly PlannedIndex[], isReplacing: boolean): void {
  const blocked = planned.filter(
    (step) =>
      (step.kind === 'build' || (step.kind === 'replace' && isReplacing)) && step.duplicates.length > 0,
  )
  if (blocked.length === 0) return
  show(blocked)
  throw new Error('duplicates prevent a unique index: nothing was built')
}

async function build(
  db: Db,
  catalogue: Catalogue,
  connect: () => ReturnType<typeof openBuildConnection>,
): Promise<void> {
  const failing = new AbortController()
  const job = new IndexJob({
    db,
    bounds: createCommandBounds(),
    catalogue,
    connect,
    holder: holderName(),
    onMissing: () => {},
    observe: (observation) => {
      console.log(observed(observation))
      if (observation.kind === 'blocked' || observation.kind === 'failed') failing.abort()
    },
  })
  await job.run(failing.signal).catch((error: unknown) => {
    throw failing.signal.aborted ? new Error('an index could not be built') : error
  })
  console.log('All indexes are built.')
}

function observed(observation: IndexObservation): string {
  const { kind, index } = observation
  switch (kind) {
    case 'building': {
      const { share } = observation
      return share === undefined ? `building ${index}` : `building ${index}: ${Math.floor(share * 100)} %`
    }
    case 'built':
      return `built ${index} in ${(observation.tookMs / 1000).toFixed(1)} s`
    case 'blocked':
      return [`blocked ${index}`, ...observation.duplicates.map(duplicateLine)].join('\n')
    case 'failed':
      return `failed ${index ?? 'before any index'}: ${observation.reason}`
  }
}

async function drop(db: Db, planned: readonly PlannedIndex[]): Promise<void> {
  for (const step of planned) {
    if (step.kind !== 'replace') continue
    await db.collection(step.index.collection).dropIndex(step.index.name)
    console.log(`dropped ${nameOf(step.index)}`)
  }
}

/** An index that a running release still needs is used, so one that nothing uses for a while can go. */
async function remove(db: Db, planned: readonly PlannedIndex[], watchedMs: number): Promise<void> {
  const undeclared = planned.filter((step) => step.kind === 'remove')
  if (undeclared.length === 0) return console.log('There is no index that is not declared.')
  await sleep(watchedMs)
  for (const { collection, name, uses } of undeclared) {
    const now = await usesOf(db, collection, name)
    if (now !== uses) {
      console.log(`kept ${collection}.${name}: ${(now ?? 0) - (uses ?? 0)} queries used it just now`)
      process.exitCode = 1
      continue
    }
    await db.collection(collection).dropIndex(name)
    console.log(`removed ${collection}.${name}`)
  }
}

main().catch((error: Error) => {
  console.error(`Indexes: ${error.message}`)
  process.exitCode = 1
})
