import { type Catalogue, shapeNumber } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import { holderName } from '../src/jobs/holder-name.ts'
import { MigrationJob, type MigrationObservation } from '../src/migrations/migration-job.ts'
import { incompleteOf, statesOf } from '../src/migrations/migration-state.ts'
import { createCommandBounds } from '../src/store/command-bounds.ts'

/** Shows which documents the release migrates. */
export async function showMigrations(db: Db, catalogue: Catalogue): Promise<void> {
  for (const { resource, from } of incompleteOf(catalogue, await statesOf(db).find().toArray())) {
    const { name, migrations } = resource
    const to = shapeNumber(migrations)
    const documents = db.collection(name)
    const live = { _v: { $gt: 0 } }
    const behind = { ...live, $or: [{ _s: { $exists: false } }, { _s: { $lt: to } }] }
    const [count, all] = [await documents.countDocuments(behind), await documents.countDocuments(live)]
    const changed = new Set(migrations.filter((one) => one.to > from).flatMap(({ changes }) => changes))
    console.log(
      `> migrate  ${name} to shape ${to} (${[...changed].join(', ')}), ${count} of ${all} documents`,
    )
  }
}

/** Migrates all documents, and waits for the end. @throws {Error} if some could not be migrated */
export async function migrateDocuments(db: Db, catalogue: Catalogue): Promise<void> {
  const failing = new AbortController()
  const job = new MigrationJob({
    db,
    bounds: createCommandBounds(),
    catalogue,
    holder: holderName(),
    isBusy: () => false,
    onComplete: async () => {},
    observe(observation) {
      console.log(textOf(observation))
      if (observation.kind === 'blocked' || observation.kind === 'failed') failing.abort()
    },
  })
  await job.run(failing.signal).catch((error: unknown) => {
    throw failing.signal.aborted ? new Error('documents could not be migrated') : error
  })
}

function textOf(observation: MigrationObservation): string {
  switch (observation.kind) {
    case 'migrating':
      return `migrating ${observation.resource}: ${observation.seen} documents, ${observation.perSecond} a second`
    case 'migrated':
      return `migrated ${observation.resource} to shape ${observation.to}: ${observation.migrated} documents`
    case 'blocked':
      return observation.documents
        .map(({ id, fields }) => `  ! ${id}: another document has the same ${fields.join(', ')}`)
        .join('\n')
    case 'failed':
      return `failed: ${observation.reason}`
  }
}
