import type { Random } from '../load/random.ts'
import { connectorPerSecond, readConnectorTimes } from './connector-times.ts'
import { Fleet } from './group/fleet.ts'
import { PeriodMetrics } from './group/period-metrics.ts'
import { Scaler } from './group/scaler.ts'
import type { ScalingRules } from './group/scaling-rules.ts'
import { connectorCpuTargetPercent, connectorsOf, type StageConfig } from './infra.ts'

/** Requests/s of a connector whose processor is busy all the time. */
const fullRequestsPerSecond = connectorPerSecond(readConnectorTimes())

/**
 * Load of the busiest connector over the mean. "By design, replicas do not offer any level of traffic steering … no
 * guarantee about which connection is chosen" (developers.cloudflare.com, Tunnel, Replicas), so a tunnel begins to lose
 * requests when its busiest connector is full. Assumed.
 */
const unevenness = 1.5

/** Load and work of connectors, in requests that one of them can do. */
export interface Spread {
  /** Load of the busiest connector; above 1 it loses what exceeds 1. */
  readonly busiest: number
  /** Requests that get through, of all connectors together. */
  readonly carried: number
}

/**
 * Load of connectors of which the busiest gets `unevenness` times the mean, and the others the same share each. What a
 * full one cannot do is lost, since nothing steers it to the others, which go on until they are full themselves.
 *
 * @param connectors in service; one that is starting counts in part
 * @param load of all together, in requests that one connector can do
 */
export function spread(connectors: number, load: number): Spread {
  if (connectors === 0) return { busiest: Number.POSITIVE_INFINITY, carried: 0 }
  // The only connector gets all requests.
  const toBusiest = load * Math.min(1, unevenness / connectors)
  const busiest = Math.min(1, connectors)
  return {
    busiest: toBusiest / busiest,
    carried: Math.min(toBusiest, busiest) + Math.min(load - toBusiest, connectors - busiest),
  }
}

/** State of the tier in a second, as its monitoring sees it. */
export interface TunnelSecond {
  readonly inService: number
  /** Mean load of a connector's processor, 0 to 1. */
  readonly cpu: number
  readonly requests: number
  /** Requests that do not get through. */
  readonly lost: number
}

/** As infra deploys the groups of connectors, taken together: target tracking on their processors. */
export const connectorRules = ({ tunnel }: StageConfig): ScalingRules => ({
  name: 'connectors',
  instanceType: tunnel.instanceType,
  processes: 1,
  min: connectorsOf(tunnel, 'min'),
  max: connectorsOf(tunnel, 'max'),
  warm: 0,
  warmupSeconds: 60,
  periodSeconds: 60,
  policies: [{ kind: 'target', metric: 'cpuPercent', target: connectorCpuTargetPercent }],
})

/**
 * The connectors between the edge and the balancer. Up to its capacity the tier costs a constant time, which the
 * network's share contains; what exceeds a connector's capacity gets no answer in time.
 */
export class Tunnel {
  readonly #fleet: Fleet
  readonly #scaler: Scaler
  readonly #metrics: PeriodMetrics
  readonly #extraFrom: number
  #busy = 0
  #second: TunnelSecond | undefined

  constructor(stage: StageConfig, metricDelaySeconds: number, random: Random) {
    const rules = connectorRules(stage)
    this.#fleet = new Fleet(rules, rules.min, random)
    this.#scaler = new Scaler(rules)
    this.#metrics = new PeriodMetrics(rules.periodSeconds, metricDelaySeconds)
    this.#extraFrom = rules.min
  }

  /** Load of the busiest connector; more than 1 when it is full and the tier loses requests. */
  get busy(): number {
    return this.#busy
  }

  /** The last second; `undefined` before the first. */
  get second(): TunnelSecond | undefined {
    return this.#second
  }

  /** Connectors beyond the smallest number. */
  extra(second: number): number {
    return Math.max(0, this.#fleet.running(second) - this.#extraFrom)
  }

  loseZone(zone: number, second: number): void {
    this.#fleet.loseZone(zone, second)
  }

  regainZone(zone: number): void {
    this.#fleet.regainZone(zone)
  }

  /** Advances by a second. @returns the share of the requests that get through */
  carry(second: number, requests: number): number {
    this.#fleet.step(second)
    const { live } = this.#fleet.weights(second)
    const { busiest, carried } = spread(live, requests / fullRequestsPerSecond)
    this.#busy = busiest
    const share = this.share(second, requests)
    // Alarms see the mean of all connectors.
    const cpu = live === 0 ? 1 : carried / live
    const inService = this.#fleet.inService(second)
    this.#second = { inService, cpu, requests, lost: requests * (1 - share) }
    this.#scale(second, cpu)
    return share
  }

  /** @returns the share of the requests that would get through */
  share(second: number, requests: number): number {
    if (requests === 0) return 1
    const load = requests / fullRequestsPerSecond
    return spread(this.#fleet.weights(second).live, load).carried / load
  }

  #scale(second: number, cpu: number): void {
    const inService = this.#fleet.inService(second)
    const values = this.#metrics.observe(second, { inService, requests: 0, refused: 0, cpu, poolWaitMs: 0 })
    if (values === undefined) return
    this.#scaler.observe(values)
    const desired = this.#scaler.decide({
      current: this.#fleet.current(second),
      desired: this.#fleet.desired,
      growing: this.#fleet.isGrowing(second),
    })
    this.#fleet.scale(desired)
  }
}
