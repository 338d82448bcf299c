import type { Random } from '../load/random.ts'
import { Fleet } from './group/fleet.ts'
import { PeriodMetrics } from './group/period-metrics.ts'
import { Scaler } from './group/scaler.ts'
import type { ScalingRules } from './group/scaling-rules.ts'
import {
  connectorCpuTargetPercent,
  connectorRequestsPerSecond,
  connectorsOf,
  type StageConfig,
} from './infra.ts'

/**
 * Requests/s of a connector whose processor is busy all the time: infra's figure is that of half load. It is assumed
 * (decision 5), as `cloudflared` runs only against Cloudflare's network; staging has to show it.
 */
const fullRequestsPerSecond = 2 * connectorRequestsPerSecond

/**
 * Load of the busiest connector over the mean. "By design, replicas do not offer any level of traffic steering … no
 * guarantee about which connection is chosen" (developers.cloudflare.com, Tunnel, Replicas), so a tunnel is full when
 * its busiest connector is. Assumed.
 */
const unevenness = 1.5

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
 * The connectors between the edge and the balancer. Up to its capacity the tier costs a constant time, which the network's
 * share contains; what exceeds it gets no answer in time.
 */
export class Tunnel {
  readonly #fleet: Fleet
  readonly #scaler: Scaler
  readonly #metrics: PeriodMetrics
  readonly #extraFrom: number
  #busy = 0

  constructor(stage: StageConfig, metricDelaySeconds: number, random: Random) {
    const rules = connectorRules(stage)
    this.#fleet = new Fleet(rules, rules.min, random)
    this.#scaler = new Scaler(rules)
    this.#metrics = new PeriodMetrics(rules.periodSeconds, metricDelaySeconds)
    this.#extraFrom = rules.min
  }

  /** Requests offered over what the tier carries; more than 1 when it is full. */
  get busy(): number {
    return this.#busy
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
    const capacity = (live * fullRequestsPerSecond) / unevenness
    this.#busy = capacity === 0 ? Number.POSITIVE_INFINITY : requests / capacity
    // Alarms see the mean of all connectors.
    this.#scale(second, live === 0 ? 1 : Math.min(1, requests / (live * fullRequestsPerSecond)))
    return Math.min(1, 1 / this.#busy)
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
