import { bundleEdge } from '@spillway/edge/dev/edge-bundle'
import { startWorkerProcess, type WorkerProcess } from '@spillway/edge/dev/worker-process'
import type { WhichApplication } from '@spillway/origin/dev/application-files'

/**
 * The bundle as it is deployed, in a workerd of its own, without what else is at Cloudflare: the rate limiter, the control
 * namespace and the Cache API. Their stand-ins are Workers with a database on this machine, cost many times the Worker
 * that asks them, and are other machines' work there, so figures of CPU time leave them out.
 */
export async function startEdgeProcess(
  variables: Readonly<Record<string, string>>,
  application?: WhichApplication,
): Promise<WorkerProcess> {
  const { scriptFile, workerOptions } = await bundleEdge(application)
  const { compatibilityDate, compatibilityFlags } = workerOptions
  return await startWorkerProcess(
    { scriptFile, compatibilityDate, compatibilityFlags },
    { variables: { ...variables, LOCATION_CACHE: 'off' } },
  )
}
