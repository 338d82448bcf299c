import { edgeEnv, rankedOrigins } from '@spillway/origin/contract'
import { type NamedStage, stageNames } from '../config.ts'
import { edgeDataset } from '../edge-metrics.ts'
import { stages } from '../stages.ts'

/** Settings of an environment in `edge/wrangler.jsonc` that must match other configuration; wrangler adds defaults. */
export interface EdgeEnvironment {
  readonly name?: string | undefined
  readonly vars: Readonly<Record<string, unknown>>
  readonly secrets: readonly string[]
  readonly kvNamespaces: readonly { readonly binding: string; readonly id?: string | undefined }[]
  readonly rateLimiters: readonly RateLimiter[]
  /** Data sets of Analytics Engine. */
  readonly analytics?: readonly { readonly binding: string; readonly dataset?: string | undefined }[]
  /** Binding names of Durable Objects. */
  readonly durableObjects: readonly string[]
  readonly routes: readonly string[]
  /** Data set of its data points. */
  readonly analyticsDataset?: string | undefined
  /** Routes that are whole hosts, for which Cloudflare makes the DNS record. */
  readonly customDomains: readonly string[]
  readonly workersDev: boolean | undefined
  readonly previewUrls: boolean | undefined
  /** Whether the platform logs every invocation, which is billed per line. */
  readonly invocationLogs: boolean
  /** Binding by which the Worker knows its version. */
  readonly versionBinding?: string | undefined
}

export interface RateLimiter {
  readonly name: string
  readonly limit: number
  readonly periodSeconds: number
}

/** Variable with the limiter's numbers, which the Worker cannot read from the binding. */
const rateQuota = 'RATE_LIMIT'

/** KV namespace of the emergency switch and the revoked tokens; see the emergency-shed runbook. */
export const controlBinding = 'CONTROL'

/** The purge queue, required where the zone is purged. */
const purgeQueueBinding = 'PURGE_QUEUE'

/** Contradictions between edge, contract and infra. */
export function edgeDrift(environments: ReadonlyMap<string, EdgeEnvironment>): readonly string[] {
  const missing = stageNames.filter((stage) => !environments.has(stage))
  const unknown = [...environments.keys()].filter((name) => !stageNames.some((stage) => stage === name))
  const findings = [
    ...missing.map((stage) => `${stage}: infra has this stage, edge/wrangler.jsonc has no such environment`),
    ...unknown.map((name) => `${name}: edge/wrangler.jsonc has this environment, infra has no such stage`),
  ]
  for (const stage of stageNames) {
    const environment = environments.get(stage)
    if (environment) findings.push(...drift(stage, environment).map((text) => `${stage}: ${text}`))
  }
  return [...findings, ...sharedNamespaces(environments)]
}

function drift(stage: NamedStage, environment: EdgeEnvironment): readonly string[] {
  const { vars, secrets, kvNamespaces, rateLimiters, routes, analyticsDataset, versionBinding } = environment
  const findings: string[] = []
  const need = (holds: boolean, text: string) => {
    if (!holds) findings.push(text)
  }
  const ranks = rankedOrigins(String(vars[edgeEnv.origins] ?? ''))
  const origins = ranks.flat()
  need(origins.length > 0, `${edgeEnv.origins} is not set`)
  for (const origin of origins) {
    need(isPublicHttps(origin), `${edgeEnv.origins} has ${origin}: must be https with a name of the tunnel's`)
  }
  const ways = ranks[0]?.length ?? 0
  const { tunnel, edgeUrl } = stages[stage]
  const { tunnels } = tunnel
  need(
    ways === 0 || ways === tunnels,
    `${edgeEnv.origins} has ${ways} side by side; the stage has ${tunnels} tunnels, each with a name of its own`,
  )
  for (const key of [edgeEnv.assertionKey, edgeEnv.cacheKey, edgeEnv.consistencyKey, edgeEnv.purgeKey]) {
    need(!(key in vars), `${key} is a plain variable; it must be a secret`)
    need(secrets.includes(key), `${key} is not in the list of required secrets`)
  }
  need(
    routes.length === 0 || routes.some((route) => covers(route, edgeUrl)),
    `origins send purges to ${edgeUrl} (edgeUrl in infra/src/stages.ts), and no route is there`,
  )
  need(
    kvNamespaces.some(({ binding }) => binding === controlBinding),
    `no KV namespace is bound as ${controlBinding}`,
  )
  need(
    analyticsDataset === undefined || versionBinding === 'VERSION',
    'version_metadata is not bound as VERSION: deploy-edge could not compare the versions of a deployment',
  )
  const limiter = rateLimiters.find(({ name }) => name === edgeEnv.rateLimiter)
  need(limiter !== undefined, `no rate limiter is bound as ${edgeEnv.rateLimiter}`)
  if (limiter && rateQuota in vars) {
    need(
      saysSame(vars[rateQuota], limiter),
      `${rateQuota} tells callers other numbers than ${limiter.name} counts by`,
    )
  }
  need(
    !('ZONE_ID' in vars) || environment.durableObjects.includes(purgeQueueBinding),
    `no Durable Object is bound as ${purgeQueueBinding}: isolates would refuse each other's purges`,
  )
  need(
    environment.analyticsDataset !== undefined,
    'no data set of Analytics Engine is bound: nobody sees what the edge does',
  )
  need(
    analyticsDataset === undefined || analyticsDataset === edgeDataset(stage),
    `the data set is ${analyticsDataset}; the stage's alarms look at ${edgeDataset(stage)}`,
  )
  need(!environment.invocationLogs, 'every invocation is logged: the bill counts on the Worker’s own lines')
  if (stage === 'dev') return findings
  need(edgeEnv.tokenIssuers in vars, `${edgeEnv.tokenIssuers} is not set`)
  need(routes.length > 0, 'no route: nobody reaches the Worker')
  need(environment.workersDev === false, 'workers_dev is on: a second address without the zone’s protection')
  need(environment.previewUrls === false, 'preview_urls is on: every version has an address of its own')
  return findings
}

/** Whether a route has the whole host of a base URL. */
const covers = (route: string, url: string): boolean =>
  isPublicHttps(url) && [url, `${url}/*`].includes(`https://${route}`)

function isPublicHttps(text: string): boolean {
  const url = URL.parse(text)
  return (
    url !== null &&
    url.protocol === 'https:' &&
    url.pathname === '/' &&
    !/^(localhost|[\d.]+|\[.*)$/.test(url.hostname)
  )
}

function saysSame(quota: unknown, { limit, periodSeconds }: RateLimiter): boolean {
  const said = JSON.parse(String(quota))
  return said.limit === limit && said.periodSeconds === periodSeconds
}

/** Stages must not share a namespace: one stage's switch would affect another. */
function sharedNamespaces(environments: ReadonlyMap<string, EdgeEnvironment>): readonly string[] {
  const owners = new Map<string, string>()
  const findings: string[] = []
  for (const [name, { kvNamespaces }] of environments) {
    for (const { binding, id } of kvNamespaces) {
      if (id === undefined) continue
      const owner = owners.get(id)
      if (owner === undefined) owners.set(id, name)
      else if (owner !== name) findings.push(`${name}: ${binding} is the KV namespace of ${owner}`)
    }
  }
  return findings
}
