import { type Application, partsOf } from '@spillway/origin/contract'

/** Claims of a token with every right within one tenant. */
const ownTenant = 'tester'

/**
 * Scopes and claims of a token that satisfies every rule that a token can satisfy. Refusals have tests of their own.
 */
export function rightsOf({ resources }: Application): {
  readonly scopes: readonly string[]
  readonly claims: Readonly<Record<string, readonly string[]>>
} {
  const scopes = new Set<string>()
  const claims: Record<string, string[]> = {}
  const rules = [...resources.values()].flatMap(({ access, actions }) => [
    ...Object.values(access),
    ...[...actions.values()].map((action) => action.access),
  ])
  for (const part of rules.flatMap((rule) => [...partsOf(rule)])) {
    if (part.kind === 'scope') scopes.add(part.scope)
    if (part.kind === 'tenant') claims[part.claim] = [ownTenant]
    if (part.kind === 'claim') claims[part.claim] = [...new Set([...(claims[part.claim] ?? []), part.value])]
  }
  return { scopes: [...scopes], claims }
}
