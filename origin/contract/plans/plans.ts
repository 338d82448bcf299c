import { type Static, Type } from 'typebox'
import { type AccessRule, any, never, owner, tenant } from '../access.ts'
import type { VersionName } from '../definition.ts'
import { DefinitionError } from '../definition-check.ts'
import { isPriority } from '../priority.ts'
import { asStored, resource } from '../resource.ts'
import type { CheckedPlan, Plan, Plans } from './plan.ts'

/** Name of the resource whose documents are the callers' usage. */
export const usageName = 'usage'

export interface PlansOptions<Version extends VersionName, Name extends string> {
  readonly plans: Readonly<Record<Name, Plan>>
  /** Claim of tokens and keys that names the caller's plan. @default 'plan' */
  readonly claim?: string
  /** Plan of callers whose claim names none. @default they have no limits but those of everybody */
  readonly default?: NoInfer<Name>
  /** Claim that names the caller's tenant, whose members share one plan and one count. @default each subject counts alone */
  readonly tenant?: string
  /** Callers who may read the usage of everybody. */
  readonly access: AccessRule
  /** Versions of the API that show the usage. */
  readonly versions: readonly Version[]
}

const stored = Type.Object({
  caller: Type.String({ description: 'Subject, or tenant, whose requests are counted.' }),
  month: Type.String({ pattern: '^\\d{4}-\\d{2}$', description: 'Month in UTC.', examples: ['2027-05'] }),
  plan: Type.String({ description: 'Plan of the latest of these requests.' }),
  requests: Type.Integer({
    minimum: 0,
    description: 'Requests that edges have counted and told: some seconds late.',
  }),
})

/** Usage of one caller in one month. */
export type StoredUsage = Static<typeof stored>

/**
 * Plans of callers, as a resource that shows their usage: list it in the application, and edges limit callers by their plans.
 *
 * @throws {DefinitionError} with all mistakes
 */
export function plans<Version extends VersionName, Name extends string>(
  options: PlansOptions<Version, Name>,
) {
  const { claim = 'plan', tenant: tenantClaim, access, versions } = options
  const mistakes = [...checkPlans(options)]
  if (mistakes.length > 0) throw new DefinitionError(usageName, mistakes)
  const own = tenantClaim === undefined ? owner('caller') : tenant('caller', tenantClaim)
  const byName = new Map(
    Object.entries<Plan>(options.plans).map(([name, plan]) => [name, checked(name, plan)]),
  )
  const made = resource(usageName, {
    description: 'Requests of callers with a plan, by month.',
    schema: stored,
    access: { read: any(own, access), create: never, update: never, delete: never },
    query: { filter: ['month', 'caller'] },
    indexes: [{ fields: { caller: 1, month: 1 } }, { fields: { month: 1 } }],
    // Counters are added to without a read of the document.
    stored: { collection: usageName, id: 'text' },
    versions: versions.map((version) =>
      asStored(version, stored, { readOnly: ['caller', 'month', 'plan', 'requests'] }),
    ),
  })
  const rule: Plans = {
    ...{ byName, claim, tenant: tenantClaim },
    default: options.default === undefined ? undefined : byName.get(options.default),
  }
  return { ...made, plans: rule }
}

const checked = (name: string, plan: Plan): CheckedPlan => ({
  ...plan,
  name,
  burst: plan.burst ?? Math.max(1, Math.ceil(plan.rate * 2)),
})

function* checkPlans<Name extends string>({
  plans: given,
  default: usual,
}: PlansOptions<VersionName, Name>): Generator<string> {
  if (Object.keys(given).length === 0) yield 'plans is empty: name at least one'
  if (usual !== undefined && !Object.hasOwn(given, usual)) yield `default '${usual}' is not in plans: add it`
  for (const [name, { rate, burst, quota, priority }] of Object.entries<Plan>(given)) {
    const place = `plans.${name}`
    if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) {
      yield `${place}: use lower-case letters, digits and hyphens, at most 32, starting with a letter`
    }
    if (!(rate > 0 && rate <= 100_000)) yield `${place}.rate ${rate}: must be a number above 0, up to 100,000`
    if (burst !== undefined && !isCount(burst))
      yield `${place}.burst ${burst}: must be an integer from 1 to 1,000,000,000`
    if (quota !== undefined && !isCount(quota))
      yield `${place}.quota ${quota}: must be an integer from 1 to 1,000,000,000`
    if (priority !== undefined && !isPriority(priority)) yield `${place}.priority '${priority}' is none`
  }
}

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= 1_000_000_000
