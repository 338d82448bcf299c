import { deadline } from '@spillway/origin/contract'
import { fleetTimes } from '../group/fleet.ts'
import { scrapeSeconds } from '../group/period-metrics.ts'
import { Histogram } from '../histogram.ts'
import { type Datapoint, originMetrics, type PlainMetric, tunnelMetrics } from '../infra.ts'
import type { Recorder } from '../simulation.ts'
import type { TunnelSecond } from '../tunnel.ts'
import { type Overlay, overlaidAt } from './overlay.ts'

type MetricKey = Pick<PlainMetric, 'of' | 'name' | 'statistic'>

/** Metric as its publisher, name and statistic. */
export const keyOf = ({ of, name, statistic }: MetricKey): string => `${of} ${name} ${statistic}`

/** Metrics of one minute, by {@link keyOf}; `undefined`: nothing is published in it. */
type MinuteMetrics = Readonly<Record<string, Datapoint>>

/** The metrics of a run's seconds that CloudWatch would have, minute by minute. */
export class CloudWatchMinutes implements Recorder {
  readonly minutes: MinuteMetrics[] = []
  readonly #overlays: readonly Overlay[]
  readonly #tunnels: number
  #minute = new Minute()
  #second = 0
  #withoutPrimary = 0
  #withPrimary = Number.POSITIVE_INFINITY

  /** @param tunnels of the stage; each carries the same share */
  constructor(tunnels: number, overlays: readonly Overlay[] = []) {
    this.#tunnels = tunnels
    this.#overlays = overlays
  }

  record(...[second, latency]: Parameters<Recorder['record']>): void {
    const { monitored } = second
    const { failedShare, slowerMs } = overlaidAt(this.#second, this.#overlays)
    this.#second += 1
    const minute = this.#minute
    const answered = monitored.requests - monitored.shed - monitored.late
    minute.times.merge(latency, answered, slowerMs)
    minute.times.add(deadline.budgetMs, monitored.late)
    // A refusal takes no time beside the p99.
    minute.times.add(0, monitored.shed)
    minute.requests += monitored.requests
    minute.shed += monitored.shed
    minute.failed += monitored.shed + monitored.late + answered * failedShare
    minute.unreached += monitored.unreached
    const unready = this.#isUnready(monitored.hasPrimary) ? second.inService : 0
    minute.unhealthyMax = Math.max(minute.unhealthyMax, unready, monitored.unhealthy)
    minute.inService += second.inService
    minute.connectionsMax = Math.max(minute.connectionsMax, second.connections)
    minute.databaseBusy += second.databaseBusy
    if (second.tunnel !== undefined) minute.tunnel.push(second.tunnel)
    if (this.#second % 60 !== 0) return
    this.minutes.push({ ...minute.metrics(), ...minute.tunnelMetrics(this.#tunnels) })
    this.#minute = new Minute()
  }

  /** Readiness as the balancer finds it by two checks: an origin without its database is not ready. */
  #isUnready(hasPrimary: boolean): boolean {
    if (hasPrimary) this.#withPrimary += 1
    else [this.#withoutPrimary, this.#withPrimary] = [this.#withoutPrimary + 1, 0]
    if (this.#withPrimary >= fleetTimes.registration) this.#withoutPrimary = 0
    return this.#withoutPrimary >= fleetTimes.unhealthy
  }
}

class Minute {
  readonly times = new Histogram()
  requests = 0
  shed = 0
  failed = 0
  unreached = 0
  unhealthyMax = 0
  inService = 0
  connectionsMax = 0
  databaseBusy = 0
  readonly tunnel: TunnelSecond[] = []

  metrics(): MinuteMetrics {
    const entries: readonly (readonly [MetricKey, Datapoint])[] = [
      // The balancer publishes counts only of what happened.
      [{ of: 'targets', name: 'RequestCount', statistic: 'Sum' }, this.requests || undefined],
      [{ of: 'targets', name: 'HTTPCode_Target_5XX_Count', statistic: 'Sum' }, this.failed || undefined],
      [{ of: 'balancer', name: 'HTTPCode_ELB_5XX_Count', statistic: 'Sum' }, this.unreached || undefined],
      [{ of: 'targets', name: 'TargetConnectionErrorCount', statistic: 'Sum' }, this.unreached || undefined],
      [{ of: 'targets', name: 'TargetResponseTime', statistic: 'p99' }, this.#p99Seconds()],
      [{ of: 'targets', name: 'UnHealthyHostCount', statistic: 'Maximum' }, this.unhealthyMax],
      [{ of: 'stage', name: originMetrics.shed, statistic: 'Sum' }, this.shed],
      [{ of: 'stage', name: originMetrics.admitted, statistic: 'Sum' }, this.requests - this.shed],
      [
        { of: 'stage', name: originMetrics.poolWait, statistic: 'SampleCount' },
        this.inService / scrapeSeconds || undefined,
      ],
      [{ of: 'origins', name: 'GroupInServiceInstances', statistic: 'Average' }, this.inService / 60],
      [{ of: 'cluster', name: 'DatabaseConnectionsMax', statistic: 'Maximum' }, this.connectionsMax],
      // The primary's, which does all work; one value a minute.
      [{ of: 'cluster', name: 'CPUUtilization', statistic: 'Maximum' }, (this.databaseBusy / 60) * 100],
    ]
    return Object.fromEntries(entries.map(([key, value]) => [keyOf(key), value]))
  }

  /** Metrics of each tunnel; none in a world without tunnels. */
  tunnelMetrics(tunnels: number): MinuteMetrics {
    if (this.tunnel.length === 0) return {}
    const sum = (value: (second: TunnelSecond) => number) =>
      this.tunnel.reduce((all, second) => all + value(second), 0)
    const numbers = Array.from({ length: tunnels }, (_, index) => index + 1)
    const entries = numbers.flatMap((number): readonly (readonly [MetricKey, Datapoint])[] => {
      const tunnel = { of: `tunnel ${number}`, statistic: 'Sum' } as const
      const connectors = { of: `connectors ${number}`, statistic: 'Average' } as const
      return [
        [{ ...tunnel, name: tunnelMetrics.requests }, sum(({ requests }) => requests) / tunnels],
        [{ ...tunnel, name: tunnelMetrics.errors }, sum(({ lost }) => lost) / tunnels],
        [
          { ...connectors, name: 'GroupInServiceInstances' },
          sum(({ inService }) => inService) / 60 / tunnels,
        ],
        [{ ...connectors, name: 'CPUUtilization' }, (sum(({ cpu }) => cpu) / 60) * 100],
      ]
    })
    return Object.fromEntries(entries.map(([key, value]) => [keyOf(key), value]))
  }

  #p99Seconds(): Datapoint {
    return this.times.total === 0 ? undefined : this.times.quantile(0.99) / 1_000
  }
}
