import { requestsOfBudget } from '../../src/cost/edge-cost.ts'
import type { Resource, Setup } from '../resource.ts'

interface Policy {
  readonly id: string
  readonly name: string
  readonly enabled: boolean
  readonly alert_type: string
  readonly mechanisms: { readonly email?: readonly { readonly id: string }[] }
  readonly filters?: Readonly<Record<string, readonly string[]>>
}

/** A mail of Cloudflare's, found by its name. */
function notification(
  name: string,
  alertType: string,
  filters: (setup: Setup) => Readonly<Record<string, readonly string[]>>,
): Resource {
  const titleOf = ({ run }: Setup) => `spillway-${run.stage}-${run.region} ${name}`
  const find = async (setup: Setup) => {
    const { cloudflare } = setup.run
    const path = cloudflare.account('/alerting/v3/policies')
    // The cast: Cloudflare's API documents it.
    const policies = (await cloudflare.get(path)) as Policy[]
    return { path, found: policies.find((policy) => policy.name === titleOf(setup)) }
  }
  const body = (setup: Setup, email: string) => ({
    ...{ name: titleOf(setup), enabled: true, alert_type: alertType },
    mechanisms: { email: [{ id: email }] },
    filters: filters(setup),
  })
  return {
    name: `notification of Cloudflare: ${name}`,
    wanted: (setup) => ({ to: setup.team.alertEmail, enabled: true, alert: alertType, ...filters(setup) }),
    read: async (setup) => {
      const { found } = await find(setup)
      if (found === undefined) return undefined
      const { enabled, alert_type: alert, mechanisms } = found
      return { to: (mechanisms.email ?? []).map(({ id }) => id).join(), enabled, alert, ...found.filters }
    },
    make: async (setup, { to }) => {
      const { path } = await find(setup)
      return [setup.run.cloudflare.change('POST', path, body(setup, String(to)))]
    },
    mend: async (setup, { to }) => {
      const { path, found } = await find(setup)
      return [setup.run.cloudflare.change('PUT', `${path}/${found?.id}`, body(setup, String(to)))]
    },
  }
}

/** Rings earlier than the alarm TunnelSilent, which only sees requests that do not come. */
export const tunnelHealth = notification('tunnels', 'tunnel_health_event', ({ run }) => ({
  tunnel_id: Array.from({ length: run.config.tunnel.tunnels }, (_, index) =>
    run.fact(`id of tunnel ${index + 1}`),
  ),
  new_status: ['TUNNEL_STATUS_TYPE_DEGRADED', 'TUNNEL_STATUS_TYPE_DOWN'],
}))

/** The half of the bill that AWS's budget does not see: `edgeBudgetDollars` of the stage, in requests. */
export const requestsBill = notification('requests', 'billing_usage_alert', ({ run }) => ({
  product: ['worker_requests'],
  limit: [String(requestsOfBudget(run.config.edgeBudgetDollars))],
}))
