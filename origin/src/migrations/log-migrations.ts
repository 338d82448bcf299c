import type { Logger } from 'pino'
import type { MigrationObservation } from './migration-job.ts'

/** Progress is logged at most this often, in ms. */
const everyMs = 10_000

/** Says in the log what happens to documents. Ids only: values may be personal data. */
export function logMigrations(
  logger: Pick<Logger, 'info' | 'error'>,
): (observation: MigrationObservation) => void {
  let loggedAtMs = Number.NEGATIVE_INFINITY
  return (observation) => {
    const { kind: _, ...details } = observation
    switch (observation.kind) {
      case 'migrating':
        if (performance.now() - loggedAtMs < everyMs) return
        loggedAtMs = performance.now()
        return logger.info(details, 'documents are being migrated')
      case 'migrated':
        return logger.info(details, 'all documents are migrated')
      case 'blocked':
        return logger.error(details, 'documents with equal values prevent a migration')
      case 'failed':
        return logger.error(details, 'documents could not be migrated: it is tried again')
    }
  }
}
