import type { Logger } from 'pino'
import type { DrainObservation } from './drain.ts'

/** Says in the log what happens to events. */
export const logEvents =
  (logger: Pick<Logger, 'info' | 'warn'>) =>
  ({ kind, ...details }: DrainObservation): void => {
    if (kind === 'began') logger.info(details, 'this process moves events to the log of changes')
    else logger.warn(details, 'events could not be moved: it is tried again')
  }
