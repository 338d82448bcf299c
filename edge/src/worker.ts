/** Program: the Worker with this repository's application and its edge routes. */
import { application } from '@spillway/origin/application'
import { routes } from '../application/routes.ts'
import { createWorker } from './create-worker.ts'

/** The zone's purge queue, exported for the runtime to instantiate. */
export { PurgeQueueObject as PurgeQueue } from './cache/purge/purge-queue-object.ts'

export default createWorker(application, routes)
