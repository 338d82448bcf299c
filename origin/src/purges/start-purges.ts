import type { Logger } from 'pino'
import { EdgePurges } from './edge-purges.ts'
import type { PurgeObservation } from './purges.ts'
import { type EdgeAddress, sendPurge } from './send-purge.ts'

export interface StartPurgesOptions {
  /** @default nothing is purged, and a warning is logged */
  readonly edge: EdgeAddress | undefined
  /** Whether the application has handlers or jobs: only these write without a request through the edge. */
  readonly isNeeded: boolean
  readonly logger: Pick<Logger, 'warn' | 'error'>
}

/** Purges of what this process writes on its own. @returns `undefined` where it sends none */
export function startPurges({ edge, isNeeded, logger }: StartPurgesOptions): EdgePurges | undefined {
  if (!isNeeded) return undefined
  if (edge === undefined) {
    logger.warn(
      'EDGE_URL and PURGE_KEY are not set: the edge answers from its cache what handlers and jobs have changed, until it expires',
    )
    return undefined
  }
  const observe = ({ kind, ...details }: PurgeObservation): void => {
    if (kind === 'failed') logger.warn(details, 'the edge did not purge: it is asked again')
    else logger.error(details, 'purges were given up: the edge may show old answers until they expire')
  }
  return new EdgePurges({ send: (tags) => sendPurge(edge, tags), observe })
}
