import { join } from 'node:path'
import { bundleEdge } from '@spillway/edge/dev/edge-bundle'
import {
  startWorkerProcess,
  type WorkerCode,
  type WorkerOptions,
  type WorkerProcess,
} from '@spillway/edge/dev/worker-process'
import { wranglerBundle } from '@spillway/edge/dev/wrangler-bundle'
import type { WhichApplication } from '@spillway/origin/dev/application-files'
import { root } from '@spillway/origin/dev/folders'

/**
 * Limit of V8's heap in MB. Cloudflare ends an isolate above 128 MB, and V8 collects in time only if it knows a limit:
 * without one it lets garbage grow with the memory of this machine, which says nothing of the platform's isolates.
 */
export const isolateHeapMbMax = 128

/**
 * The deployed bundle in a workerd of its own, without Cloudflare's services: the rate limiter, the control namespace
 * and the Cache API. On a laptop these are Workers with a database, which take many times the CPU time of the Worker
 * itself; in production they run on other machines.
 *
 * @param worker a bundle, or the application to bundle
 */
export async function startEdgeProcess(
  variables: Readonly<Record<string, string>>,
  worker?: WhichApplication | WorkerCode,
  options: Pick<WorkerOptions, 'inspectorPort' | 'v8Flags'> = {},
): Promise<WorkerProcess> {
  const code = typeof worker === 'object' ? worker : await bundleOf(worker)
  return await startWorkerProcess(code, { ...options, variables: { ...variables, LOCATION_CACHE: 'off' } })
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
