import type { LoadReport } from '../load/report.ts'
import type { Row } from '../measure/result.ts'
import { sampledRow } from '../measure/sampled-row.ts'
import { type Busy, type Tier, tiers } from '../simulate/saturation.ts'

/** Use of the two cores. */
export interface Use {
  /** Good answers/s. */
  readonly perSecond: number
  /** CPU of the connector, share of a core. */
  readonly connector: number
  /** CPU of all on the other core, driver included, share of it. */
  readonly rest: number
}

export const useOf = ({ cpuMs, driver, total, windowMs }: LoadReport): Use => ({
  perSecond: (total.ok / windowMs) * 1_000,
  connector: (cpuMs.connector ?? Number.NaN) / windowMs,
  rest: (cpuMs.rest ?? Number.NaN) / windowMs + driver.cpuShare,
})

/** CPU for a good answer, µs. */
export const cpuUs = ({ connector, perSecond }: Use): number => (connector / perSecond) * 1e6

const useUnits = {
  connectorUs: { unit: 'CPU µs/request', better: 'lower' },
  connector: { unit: 'share of a core', better: 'lower' },
  rest: { unit: 'share of a core', better: 'lower' },
} as const

export const useRow = (name: string, subject: string, uses: readonly Use[]): Row =>
  sampledRow(
    { case: name, subject },
    useUnits,
    uses.map((use) => ({ connectorUs: cpuUs(use), connector: use.connector, rest: use.rest })),
  )

/** A path at its limit, measured or predicted. */
export interface Limit {
  readonly perSecond: number
  readonly busy: Busy
  /** The tier that is full, or the nearest to it. */
  readonly tier: Tier
}

/**
 * The measured limit.
 *
 * @param share of a core that the connector gets when it is full
 * @param lists in flight at the database, over those that their lane allows
 */
export function limitOf({ connector, perSecond, rest }: Use, share: number, lists: number): Limit {
  const busy = { tunnel: connector / share, origin: rest, database: lists }
  const [tier = 'origin'] = tiers.toSorted((one, other) => busy[other] - busy[one])
  return { perSecond, busy, tier }
}

const limitUnits = {
  perSecond: { unit: 'requests/s', better: 'higher' },
  tunnel: { unit: 'share in use', better: 'lower' },
  origin: { unit: 'share in use', better: 'lower' },
  database: { unit: 'share in use', better: 'lower' },
} as const

export const limitRow = (name: string, subject: string, limits: readonly Limit[]): Row => ({
  ...sampledRow(
    { case: name, subject },
    limitUnits,
    limits.map(({ busy, perSecond }) => ({ perSecond, ...busy })),
  ),
  notes: [`full: ${[...new Set(limits.map(({ tier }) => tier))].join(', ')}`],
})
