import { join } from 'node:path'
import { bundleEdge } from '@spillway/edge/dev/edge-bundle'
import { startWorkerProcess, type WorkerCode, type WorkerProcess } from '@spillway/edge/dev/worker-process'
import { wranglerBundle } from '@spillway/edge/dev/wrangler-bundle'
import type { WhichApplication } from '@spillway/origin/dev/application-files'
import { root } from '@spillway/origin/dev/folders'

/**
 * The bundle as it is deployed, in a workerd of its own, without what else is at Cloudflare: the rate limiter, the control
 * namespace and the Cache API. Their stand-ins are Workers with a database on this machine, cost many times the Worker
 * that asks them, and are other machines' work there, so figures of CPU time leave them out.
 *
 * @param worker a bundle, or the application of which to make one
 */
export async function startEdgeProcess(
  variables: Readonly<Record<string, string>>,
  worker?: WhichApplication | WorkerCode,
): Promise<WorkerProcess> {
  const code = typeof worker === 'object' ? worker : await bundleOf(worker)
  return await startWorkerProcess(code, { variables: { ...variables, LOCATION_CACHE: 'off' } })
}

async function bundleOf(application?: WhichApplication): Promise<WorkerCode> {
  const { scriptFile, workerOptions } = await bundleEdge(application)
  const { compatibilityDate, compatibilityFlags } = workerOptions
  return { scriptFile, compatibilityDate, compatibilityFlags }
}

/** Bundles the Worker with places whose read rule is decided for each caller, with the settings of the deployed one. */
export async function ruledWorker(folder: string): Promise<WorkerCode> {
  await wranglerBundle({ folder, worker: join(root, 'edge/test/fixture/ruled-worker.ts') })
  return { ...(await bundleOf()), scriptFile: join(folder, 'ruled-worker.js') }
}
