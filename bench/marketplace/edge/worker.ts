/** Program: the Worker with the marketplace. */
import { createWorker } from '../../../edge/src/create-worker.ts'
import { application } from '../application/index.ts'
import { routes } from './routes.ts'

export { PurgeQueueObject as PurgeQueue } from '../../../edge/src/cache/purge/purge-queue-object.ts'

export default createWorker(application, routes)
