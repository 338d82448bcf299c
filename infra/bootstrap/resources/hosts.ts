import { rankedOrigins } from '@spillway/origin/contract'
import { Refusal } from '../../runbook/runbook.ts'
import { stackOf } from '../../runbook/stacks.ts'
import { type Setup, Waits } from '../resource.ts'

/** Host of each tunnel of this region: the first rank of `ORIGINS`, in its order. */
export function tunnelHosts({ edge, run }: Setup): readonly string[] {
  const [hosts = []] = rankedOrigins(String(edge().vars.ORIGINS ?? ''))
  const { tunnels } = run.config.tunnel
  if (hosts.length !== tunnels)
    throw new Refusal(`ORIGINS has ${hosts.length} side by side, but the stage has ${tunnels} tunnels`)
  return hosts.map((origin) => new URL(origin).hostname)
}

export function tunnelHost(setup: Setup, number: number): string {
  const host = tunnelHosts(setup)[number - 1]
  if (host === undefined) throw new Refusal(`ORIGINS has no tunnel ${number}`)
  return host
}

/** Hosts at which users call the Worker. */
export const apiHosts = ({ edge }: Setup): readonly string[] =>
  edge().routes.map((route) => route.replace(/^\*?\.?|\/.*$/g, ''))

/** Address of the balancer, which the origin stack has. */
export async function balancerOf({ run }: Setup): Promise<string> {
  const balancer = (await stackOf(run, 'origin'))?.Outputs?.find(
    ({ OutputKey }) => OutputKey === 'Balancer',
  )?.OutputValue
  if (balancer === undefined) throw new Waits('there is no origin: npm run runbook -- deploy-origin')
  return balancer
}
