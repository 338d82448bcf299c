import type { Logger } from 'pino'
import type { IndexObservation } from './index-job.ts'

/** Says in the log what happens to indexes. */
export const logIndexes = (logger: Pick<Logger, 'info' | 'warn' | 'error'>) => ({
  onDifference(index: string): void {
    logger.warn({ index }, 'an index differs from its declaration: see npm run migrate')
  },
  observe(observation: IndexObservation): void {
    const { kind: _, ...details } = observation
    switch (observation.kind) {
      case 'building':
        logger.info(details, 'an index is being built')
        break
      case 'built':
        logger.info(details, 'an index is built')
        break
      case 'blocked': {
        const { index, duplicates } = observation
        // Ids only: the values may be personal data.
        const ids = duplicates.map((duplicate) => duplicate.ids)
        logger.error({ index, ids }, 'documents with equal values prevent a unique index')
        break
      }
      case 'failed':
        logger.error(details, 'an index could not be built: it is tried again')
        break
    }
  },
})
