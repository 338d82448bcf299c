import type { Resource, Settings, Setup } from '../resource.ts'
import { apiHosts, tunnelHosts } from './hosts.ts'

type Phase = 'http_request_firewall_custom' | 'http_ratelimit'

interface Rule {
  readonly id: string
  readonly ref?: string
  readonly expression: string
  readonly action: string
  readonly enabled: boolean
  readonly ratelimit?: Readonly<Record<string, number | readonly string[]>>
}

/**
 * One rule of a zone, found by its `ref`: other rules of the phase are a team's own and stay. A zone without a ruleset of
 * the phase gets one (developers.cloudflare.com/ruleset-engine/rulesets-api).
 */
function zoneRule(
  name: string,
  phase: Phase,
  {
    host,
    rule,
  }: { readonly host: (setup: Setup) => string; readonly rule: (setup: Setup) => Promise<Settings> },
): Resource {
  const refOf = ({ run }: Setup) => `spillway_${run.stage}_${phase === 'http_ratelimit' ? 'rate' : 'origins'}`
  const find = async (setup: Setup) => {
    const zone = await setup.run.cloudflare.zoneOf(host(setup))
    const path = `/zones/${zone.id}/rulesets`
    // The cast: Cloudflare's API documents it.
    const ruleset = (await setup.run.cloudflare.get(`${path}/phases/${phase}/entrypoint`)) as
      | { id: string; rules?: Rule[] }
      | undefined
    return { path, ruleset, found: ruleset?.rules?.find(({ ref }) => ref === refOf(setup)) }
  }
  const body = (setup: Setup, { expression, action, enabled, ...ratelimit }: Settings) => ({
    ref: refOf(setup),
    description: `Spillway ${setup.run.stage}: ${name}`,
    ...{ expression, action, enabled },
    ...(Object.keys(ratelimit).length > 0 && { ratelimit }),
  })
  return {
    name,
    wanted: rule,
    read: async (setup) => {
      const { found } = await find(setup)
      if (found === undefined) return undefined
      const { expression, action, enabled, ratelimit } = found
      return { expression, action, enabled, ...ratelimit }
    },
    make: async (setup, wanted) => {
      const { path, ruleset } = await find(setup)
      const { cloudflare } = setup.run
      const own = body(setup, wanted)
      if (ruleset !== undefined) return [cloudflare.change('POST', `${path}/${ruleset.id}/rules`, own)]
      return [cloudflare.change('POST', path, { name: phase, kind: 'zone', phase, rules: [own] })]
    },
    mend: async (setup, wanted) => {
      const { path, ruleset, found } = await find(setup)
      const rulePath = `${path}/${ruleset?.id}/rules/${found?.id}`
      return [setup.run.cloudflare.change('PATCH', rulePath, body(setup, wanted))]
    },
  }
}

const inSet = (hosts: readonly string[]): string => `{${hosts.map((host) => `"${host}"`).join(' ')}}`

/** Without it anybody reaches the origins, which answer 401: safe, and paid for. */
export const onlyTheWorker = zoneRule(
  'WAF rule: only the Worker calls the tunnels',
  'http_request_firewall_custom',
  {
    host: (setup) => tunnelHosts(setup)[0] ?? '',
    rule: async (setup) => {
      const zone = await setup.run.cloudflare.zoneOf(apiHosts(setup)[0] ?? '')
      return {
        expression: `(http.host in ${inSet(tunnelHosts(setup))} and cf.worker.upstream_zone ne "${zone.name}")`,
        action: 'block',
        enabled: true,
      }
    },
  },
)

/** A flood that the Worker would refuse costs its price for each request; the zone refuses for nothing. */
export const floodRule = zoneRule('rate rule: floods end before the Worker', 'http_ratelimit', {
  host: (setup) => apiHosts(setup)[0] ?? '',
  rule: async (setup) => ({
    expression: `(http.host in ${inSet(apiHosts(setup))})`,
    action: 'block',
    enabled: true,
    // Counters belong to a data centre: the second is required.
    characteristics: ['ip.src', 'cf.colo.id'],
    // Ten seconds, for both: the only figures that every plan of Cloudflare has.
    period: 10,
    requests_per_period: setup.team.requestsPerAddress,
    mitigation_timeout: 10,
  }),
})
