import { join } from 'node:path'
import type { Run } from '../runbook/run.ts'
import { controlBinding } from '../src/check/edge-drift.ts'
import { readEdgeEnvironments } from '../src/check/edge-environments.ts'
import { placeholders } from '../src/check/placeholders.ts'
import { teamPlaceholders } from '../src/team.ts'
import type { Setup } from './resource.ts'

export const setupOf = (
  run: Run,
  { team, inRegion, analyticsToken }: Pick<Setup, 'team' | 'inRegion' | 'analyticsToken'>,
): Setup => ({
  run,
  team,
  analyticsToken,
  inRegion,
  edge: () => {
    const environment = readEdgeEnvironments(join(run.root, 'edge')).get(run.stage)
    if (environment === undefined) throw new Error(`edge/wrangler.jsonc has no environment ${run.stage}`)
    return environment
  },
})

/** Settings without which nothing could be made, in words. The id of the KV namespace is bootstrap's own. */
export function unready({ run, team, edge }: Setup): readonly string[] {
  const environment = edge()
  const { hostname } = new URL(run.config.edgeUrl)
  const kvNamespaces = environment.kvNamespaces.filter(({ binding }) => binding !== controlBinding)
  return [
    ...placeholders({ ...environment, kvNamespaces }).map((words) => `edge/wrangler.jsonc: ${words}`),
    ...(environment.routes.some((route) => route.includes(hostname))
      ? []
      : [`infra/src/stages.ts: edgeUrl names ${hostname}, and the Worker has no such route`]),
    ...teamPlaceholders(team).map((words) => `infra/src/team.ts: ${words}`),
  ]
}
