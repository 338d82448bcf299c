import { type Priority, priorities } from '@spillway/origin/contract'
import { Histogram } from './histogram.ts'
import type { PerPriority } from './process/model.ts'
import type { TunnelSecond } from './tunnel.ts'

/** Outcomes of one second's requests of one priority. */
export interface Outcome {
  readonly asked: number
  /** Answered: from the cache, by the origin, or stale after a refusal by the origin. */
  readonly served: number
  /** 503 with Retry-After, at the edge or at the origin. */
  readonly refused: number
  /** No answer in time. */
  readonly failed: number
}

/** State of the whole system in one second. */
export interface Second {
  readonly at: number
  readonly users: number
  readonly outcomes: PerPriority<Outcome>
  /** Answers that waited for the origin. */
  readonly fromOrigin: PerPriority
  readonly originRequests: number
  readonly inService: number
  readonly desired: number
  readonly running: number
  readonly connections: number
  readonly databaseBusy: number
  readonly dollars: number
  /** Longest time of an admitted request, ms. */
  readonly longestMs: number
  readonly monitored: Monitored
  /** `undefined` in a world without a tunnel. */
  readonly tunnel: TunnelSecond | undefined
}

/** State of a second that the monitoring of balancer and origins sees. */
export interface Monitored {
  /** Requests that reached an origin. */
  readonly requests: number
  /** Requests that its admission control refused. */
  readonly shed: number
  /** Requests that it did not answer in time. */
  readonly late: number
  /** Requests that the balancer sent to a dead instance. */
  readonly unreached: number
  /** Dead instances that fail their health checks. */
  readonly unhealthy: number
  readonly hasPrimary: boolean
}

/** A span of several seconds, for charts. */
export interface Sample {
  readonly at: number
  readonly users: number
  readonly perSecond: number
  readonly originPerSecond: number
  readonly inService: number
  readonly desired: number
  readonly connections: number
  readonly databaseBusy: number
  readonly dollarsPerHour: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Refused or failed requests, per cent of all. */
  readonly lostPercent: PerPriority
}

export interface Totals {
  readonly outcomes: PerPriority<Outcome>
  readonly originRequests: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly longestMs: number
  readonly connectionsMax: number
  readonly inServiceMax: number
  readonly instanceHours: number
  readonly dollars: number
  /** Dollars for a million answered requests. */
  readonly dollarsPerMillion: number
}

const nothing = (): Record<Priority, Outcome> => ({
  critical: { asked: 0, served: 0, refused: 0, failed: 0 },
  normal: { asked: 0, served: 0, refused: 0, failed: 0 },
  background: { asked: 0, served: 0, refused: 0, failed: 0 },
})

const plus = (a: Outcome, b: Outcome): Outcome => ({
  asked: a.asked + b.asked,
  served: a.served + b.served,
  refused: a.refused + b.refused,
  failed: a.failed + b.failed,
})

/** Share of requests that were answered; 1 without requests. */
export const success = ({ asked, served }: Outcome): number => (asked === 0 ? 1 : served / asked)

/** Ledger: takes outcomes by the second, gives samples and totals. */
export class Ledger {
  readonly samples: Sample[] = []
  readonly #sampleSeconds: number
  readonly #latency = new Histogram()
  #stretch = new Stretch()
  readonly #outcomes = nothing()
  #originRequests = 0
  #longestMs = 0
  #connectionsMax = 0
  #inServiceMax = 0
  #instanceSeconds = 0
  #dollars = 0

  constructor(sampleSeconds: number) {
    this.#sampleSeconds = sampleSeconds
  }

  /** @param latency of the origin's answers in this second, including the network, which count `weight` times */
  record(second: Second, latency: Histogram, weight: number, shiftMs: number): void {
    for (const priority of priorities) {
      this.#outcomes[priority] = plus(this.#outcomes[priority], second.outcomes[priority])
    }
    this.#originRequests += second.originRequests
    this.#longestMs = Math.max(this.#longestMs, second.longestMs)
    this.#connectionsMax = Math.max(this.#connectionsMax, second.connections)
    this.#inServiceMax = Math.max(this.#inServiceMax, second.inService)
    this.#instanceSeconds += second.running
    this.#dollars += second.dollars
    this.#stretch.add(second)
    this.#stretch.latency.merge(latency, weight, shiftMs)
    if (this.#stretch.seconds < this.#sampleSeconds) return
    this.#latency.merge(this.#stretch.latency, this.#stretch.latency.total)
    this.samples.push(this.#stretch.sample())
    this.#stretch = new Stretch()
  }

  totals(): Totals {
    const served = priorities.reduce((sum, priority) => sum + this.#outcomes[priority].served, 0)
    return {
      outcomes: this.#outcomes,
      originRequests: this.#originRequests,
      p50Ms: this.#latency.quantile(0.5),
      p99Ms: this.#latency.quantile(0.99),
      longestMs: this.#longestMs,
      connectionsMax: this.#connectionsMax,
      inServiceMax: this.#inServiceMax,
      instanceHours: this.#instanceSeconds / 3_600,
      dollars: this.#dollars,
      dollarsPerMillion: (this.#dollars / served) * 1e6,
    }
  }
}

class Stretch {
  readonly latency = new Histogram()
  readonly #outcomes = nothing()
  #first: Second | undefined
  #last: Second | undefined
  #originRequests = 0
  #dollars = 0
  #connections = 0
  seconds = 0

  add(second: Second): void {
    this.#first ??= second
    this.#last = second
    this.seconds += 1
    this.#originRequests += second.originRequests
    this.#dollars += second.dollars
    this.#connections = Math.max(this.#connections, second.connections)
    for (const priority of priorities) {
      this.#outcomes[priority] = plus(this.#outcomes[priority], second.outcomes[priority])
    }
  }

  sample(): Sample {
    const lost = (outcome: Outcome) => (1 - success(outcome)) * 100
    const { critical, normal, background } = this.#outcomes
    const asked = critical.asked + normal.asked + background.asked
    return {
      at: this.#first?.at ?? 0,
      users: this.#last?.users ?? 0,
      perSecond: asked / this.seconds,
      originPerSecond: this.#originRequests / this.seconds,
      inService: this.#last?.inService ?? 0,
      desired: this.#last?.desired ?? 0,
      connections: this.#connections,
      databaseBusy: this.#last?.databaseBusy ?? 0,
      dollarsPerHour: (this.#dollars / this.seconds) * 3_600,
      p50Ms: this.latency.quantile(0.5),
      p99Ms: this.latency.quantile(0.99),
      lostPercent: { critical: lost(critical), normal: lost(normal), background: lost(background) },
    }
  }
}
