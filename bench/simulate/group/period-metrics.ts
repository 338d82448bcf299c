import type { ScalingMetric } from './scaling-rules.ts'

/** State of the group in one second. */
export interface GroupSecond {
  readonly inService: number
  /** Requests that reached the origin. */
  readonly requests: number
  /** Requests refused there. */
  readonly refused: number
  /** Busy share of an event loop, mean. */
  readonly cpu: number
  readonly poolWaitMs: number
}

export type PeriodValues = Readonly<Record<ScalingMetric, number>>

interface Known {
  readonly at: number
  readonly values: PeriodValues
}

/** CloudWatch: aggregates each period, and publishes it some time after its end. */
export class PeriodMetrics {
  readonly #periodSeconds: number
  readonly #delaySeconds: number
  #seconds: GroupSecond[] = []
  #coming: Known[] = []

  constructor(periodSeconds: number, delaySeconds: number) {
    this.#periodSeconds = periodSeconds
    this.#delaySeconds = delaySeconds
  }

  /** @returns the values that are published in this second, if any */
  observe(second: number, state: GroupSecond): PeriodValues | undefined {
    this.#seconds.push(state)
    if (this.#seconds.length === this.#periodSeconds) {
      this.#coming.push({ at: second + this.#delaySeconds, values: summarize(this.#seconds) })
      this.#seconds = []
    }
    if (this.#coming[0] === undefined || this.#coming[0].at > second) return undefined
    return this.#coming.shift()?.values
  }
}

function summarize(seconds: readonly GroupSecond[]): PeriodValues {
  const sum = (pick: (second: GroupSecond) => number) =>
    seconds.reduce((total, each) => total + pick(each), 0)
  const requests = sum(({ requests }) => requests)
  const perSecond = requests / seconds.length
  const inService = sum((second) => second.inService) / seconds.length
  return {
    // Always of a minute, as the balancer counts them.
    requestsPerTarget: inService === 0 ? 0 : (perSecond * 60) / inService,
    requestsPerSecond: perSecond,
    cpuPercent: (sum(({ cpu }) => cpu) / seconds.length) * 100,
    poolWaitMs: scraped(seconds.map(({ poolWaitMs }) => poolWaitMs)),
    shedPercent: requests === 0 ? 0 : (sum(({ refused }) => refused) / requests) * 100,
  }
}

/**
 * The agent scrapes four times a minute (`infra/instance/prometheus.yaml`), and gets the longest wait since the last
 * scrape.
 */
export const scrapeSeconds = 15

/** Mean of the agent's readings, which the alarm follows. */
function scraped(values: readonly number[]): number {
  const told: number[] = []
  for (let from = 0; from < values.length; from += scrapeSeconds) {
    told.push(Math.max(...values.slice(from, from + scrapeSeconds)))
  }
  return told.reduce((sum, value) => sum + value, 0) / told.length
}
