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

/** The Worker's last versions, the newest last. */
export async function versionsOf(run: Run): Promise<readonly WorkerVersion[]> {
  const text = await run.ask(['wrangler', 'versions', 'list', '--json', '--env', run.stage], 'edge')
  // The cast: wrangler prints what Cloudflare's API documents.
  const versions = JSON.parse(text) as { id: string; annotations?: Record<string, string> }[]
  return versions.map(({ id, annotations }) => ({ id, message: annotations?.['workers/message'] ?? '' }))
}

/** @throws {Refusal} when the Worker was never deployed */
export async function deploymentOf(run: Run): Promise<WorkerDeployment> {
  const text = await run.ask(['wrangler', 'deployments', 'status', '--json', '--env', run.stage], 'edge')
  // The cast: as above.
  const { versions, created_on } = JSON.parse(text) as {
    versions?: { version_id: string; percentage: number }[]
    created_on?: string
  }
  if (versions === undefined) throw new Refusal(`the Worker of ${run.stage} has no deployment`)
  return {
    shares: new Map(versions.map(({ version_id, percentage }) => [version_id, percentage])),
    createdAtMs: Date.parse(created_on ?? ''),
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
