import { join } from 'node:path'
import { readEdgeEnvironments } from '../src/check/edge-environments.ts'
import { type Command, wrangler } from './command.ts'
import type { Run } from './run.ts'
import { type Condition, Refusal } from './runbook.ts'

export interface WorkerVersion {
  readonly id: string
  readonly message: string
}

export interface WorkerDeployment {
  /** Share of the traffic by version, in percent. */
  readonly shares: ReadonlyMap<string, number>
  readonly createdAtMs: number
}

/** Name of the stage's Worker. */
export function workerOf(run: Run): string {
  const name = readEdgeEnvironments(join(run.root, 'edge')).get(run.stage)?.name
  if (name === undefined) throw new Refusal(`edge/wrangler.jsonc has no environment ${run.stage}`)
  return name
}

/** Asks Cloudflare's API as wrangler does, which takes more than a second for each question. */
async function askWorker(run: Run, path: string): Promise<unknown> {
  const found = await run.cloudflare.get(run.cloudflare.account(`/workers/scripts/${workerOf(run)}${path}`))
  if (found === undefined) throw new Refusal(`there is no Worker ${workerOf(run)} in this account`)
  return found
}

/** The Worker's last versions, the newest last. */
export async function versionsOf(run: Run): Promise<readonly WorkerVersion[]> {
  // The cast: Cloudflare's API documents it.
  const { items } = (await askWorker(run, '/versions?deployable=true')) as {
    items: { id: string; number: number; annotations?: Record<string, string> }[]
  }
  return items
    .toSorted((one, other) => one.number - other.number)
    .map(({ id, annotations }) => ({ id, message: annotations?.['workers/message'] ?? '' }))
}

/** @throws {Refusal} when the Worker was never deployed */
export async function deploymentOf(run: Run): Promise<WorkerDeployment> {
  // The cast: as above. The newest deployment is the first.
  const { deployments } = (await askWorker(run, '/deployments')) as {
    deployments: { versions: { version_id: string; percentage: number }[]; created_on: string }[]
  }
  const [newest] = deployments
  if (newest === undefined) throw new Refusal(`the Worker of ${run.stage} has no deployment`)
  return {
    shares: new Map(newest.versions.map(({ version_id, percentage }) => [version_id, percentage])),
    createdAtMs: Date.parse(newest.created_on),
  }
}

/** The version with most of the traffic, apart from one. */
export function mainVersion({ shares }: WorkerDeployment, except?: string): string | undefined {
  const others = [...shares].filter(([id]) => id !== except)
  return others.toSorted(([, a], [, b]) => b - a)[0]?.[0]
}

/**
 * Gives versions their shares. Not by `wrangler rollback`: outside a terminal it answers its own question whether old
 * secrets may come back, with yes. This is refused in that case (API error 10220).
 */
export const giveTraffic = (
  run: Run,
  shares: readonly (readonly [string, number])[],
  message: string,
): Command =>
  wrangler(
    [
      ...['versions', 'deploy', ...shares.map(([id, percent]) => `${id}@${percent}%`)],
      ...['--message', message, '--yes'],
    ],
    run.stage,
  )

export const hasTraffic = (say: string, version: (run: Run) => string, percent: number): Condition => ({
  say,
  missing: async (run) => {
    const { shares } = await deploymentOf(run)
    const share = shares.get(version(run)) ?? 0
    return share === percent ? undefined : `it has ${share} %`
  },
})
