/** Incident at a second of the scenario. */
export type Incident =
  | { readonly at: number; readonly kind: 'zone-loss'; readonly zone: number; readonly seconds: number }
  | { readonly at: number; readonly kind: 'database-failover' }
  | { readonly at: number; readonly kind: 'deploy' }

export interface UserPoint {
  readonly at: number
  readonly users: number
}

export interface Scenario {
  readonly name: string
  readonly title: string
  readonly seconds: number
  /** Users online. Between two points the logarithm of their number changes linearly, as crowds grow. */
  readonly users: readonly UserPoint[]
  readonly incidents: readonly Incident[]
  /** Seconds with the first number of users before the scenario starts, in which the group reaches its size. */
  readonly settle: number
  /** Data centres of the edge that the users are spread over, each with a cache of its own. */
  readonly dataCentres: number
}

/** @returns users online at a second; constant before the first point and after the last */
export function usersAt({ users }: Pick<Scenario, 'users'>, second: number): number {
  const after = users.findIndex(({ at }) => at > second)
  const [first] = users
  if (after === 0 && first !== undefined) return first.users
  const to = users[after]
  const from = users.at(after === -1 ? -1 : after - 1)
  if (from === undefined) return 0
  if (to === undefined) return from.users
  const share = (second - from.at) / (to.at - from.at)
  return from.users * (to.users / from.users) ** share
}
