/** Program: the Worker with the application of this repository and its own routes. */
import { application } from '@spillway/origin/application'
import { routes } from '../application/routes.ts'
import { createWorker } from './create-worker.ts'

/** The zone's queue of purges, as a class for the runtime to make. */
export { PurgeQueueObject as PurgeQueue } from './cache/purge/purge-queue-object.ts'

export default createWorker(application, routes)
