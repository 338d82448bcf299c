import { canaryHarm, canaryIsDue } from './canary.ts'
import type { Run } from './run.ts'
import { deploymentOf, workerOf } from './worker.ts'

/** Time in which a deployment of the Worker is everywhere: "a couple of seconds" (Cloudflare, Version overrides). */
const spreadMs = 20_000

/**
 * Asks the canary about one version of the Worker, however little traffic it has: its requests name the version.
 * It is not asked before the deployment has reached all data centres, since an older version may answer until then.
 *
 * @returns the failures, in words
 */
export async function canaryOfVersion(
  run: Run,
  moment: string,
  version: string,
): Promise<string | undefined> {
  if (!canaryIsDue(run, moment)) return undefined
  const { createdAtMs } = await deploymentOf(run)
  if (run.nowMs() - createdAtMs < spreadMs) return undefined
  // developers.cloudflare.com/workers/versions-and-deployments/version-overrides
  return canaryHarm(run, moment, {
    'Cloudflare-Workers-Version-Overrides': `${workerOf(run)}="${version}"`,
  })
}

export const waitsForCanary = (run: Run, moment: string): string | undefined =>
  canaryIsDue(run, moment) ? 'the canary waits until the version is in all data centres' : undefined
