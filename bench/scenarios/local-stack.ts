import { type Stack, up } from '@spillway/infra/local/up'
import type { Catalogue } from '@spillway/origin/contract'
import { operationsOf, scopesNeeded } from '../load/operations.ts'
import { type Scenario, usersMax } from './scenario.ts'

/** Maximum number of subjects, each with a token. More users share them. */
const subjectsMax = 2_000

/** Tokens of the development issuer, each of another subject, with all scopes of the scenario. */
export async function mintTokens(
  resources: Catalogue,
  stack: Pick<Stack, 'issuer'>,
  scenario: Scenario,
): Promise<readonly string[]> {
  const scopes = scopesNeeded(resources, operationsOf(resources, scenario))
  const count = Math.min(subjectsMax, Math.max(1, Math.round(usersMax(scenario))))
  return Promise.all(
    Array.from({ length: count }, (_, i) =>
      stack.issuer.mintToken({ sub: `user-${i}`, scopes, expiresInSeconds: 4 * 3600 }),
    ),
  )
}

/**
 * The whole stack on this machine with the application's seed. The origin is behind a proxy if the scenario cuts it
 * off.
 */
export const startLocalStack = (application: string, scenario: Scenario): Promise<Stack> =>
  up({ application, seed: true, ...(scenario.outage !== undefined && { proxied: ['origin' as const] }) })

/** Cuts the origin off at the scenario's times. @returns a function that ends it */
export function scheduleOutage(stack: Stack, { outage }: Scenario): () => void {
  if (outage === undefined) return () => {}
  const apply = (kind: 'cut' | 'pass') => () => {
    for (const proxy of stack.proxies.origin) void proxy.apply({ kind })
  }
  const timers = [setTimeout(apply('cut'), outage.fromMs), setTimeout(apply('pass'), outage.toMs)]
  return () => timers.forEach(clearTimeout)
}
