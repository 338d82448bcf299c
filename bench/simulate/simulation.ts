import { type Priority, priorities } from '@spillway/origin/contract'
import { type Random, seededRandom } from '../load/random.ts'
import { diskDollarsPerHour, instanceDollarsPerHour, requestDollars, standingDollarsPerHour } from './cost.ts'
import { Database } from './database.ts'
import { seedOf } from './distribution.ts'
import { EdgeCache } from './edge/cache.ts'
import { EdgeGate } from './edge/gate.ts'
import { inEquilibrium } from './equilibrium.ts'
import { Fleet } from './group/fleet.ts'
import { PeriodMetrics } from './group/period-metrics.ts'
import { Scaler } from './group/scaler.ts'
import type { ScalingRules } from './group/scaling-rules.ts'
import { Histogram } from './histogram.ts'
import { databaseClasses, documentDbOf, monitorConnections, type StageConfig } from './infra.ts'
import { Ledger, type Monitored, type Outcome, type Sample, type Totals } from './ledger.ts'
import { type Operation, operations } from './operations.ts'
import type { PerPriority, ProcessResult } from './process/model.ts'
import type { ProcessResponses } from './process/response.ts'
import { poolSizeFor } from './rules.ts'
import { Saturation } from './saturation.ts'
import { type Scenario, usersAt } from './scenario.ts'
import type { ServiceTimes } from './service-times.ts'
import { Tunnel } from './tunnel.ts'
import { Users } from './users.ts'

export interface World {
  readonly stage: StageConfig
  readonly times: ServiceTimes
  readonly responses: ProcessResponses
  /** Mean time between an answer and a user's next request, s. */
  readonly thinkSeconds: number
  readonly seed: number
  /** Whether the tunnel can be full. */
  readonly hasTunnel: boolean
}

export interface Simulation {
  readonly scenario: Scenario
  readonly rules: ScalingRules
  readonly samples: readonly Sample[]
  readonly totals: Totals
  /** Highest use of each tier, and the one that was full first. */
  readonly saturation: Saturation
}

export interface Setting {
  readonly scenario: Scenario
  readonly rules: ScalingRules
  readonly world: World
}

export type Recorder = Pick<Ledger, 'record'>

/** Time from the end of a period until an alarm gets its values, s. CloudWatch promises none; a minute is usual. */
const metricDelaySeconds = 60

/** Interval at which an alarm that stays on acts again, whatever its period. */
const decisionSeconds = 60

const userRules = { retryAfterSeconds: 2, retriesMax: 3 }

/** Runs a scenario under a group's rules, second by second. The same arguments give the same result. */
export function simulate(scenario: Scenario, rules: ScalingRules, world: World): Simulation {
  const ledger = new Ledger(Math.max(1, Math.round(scenario.seconds / 240)))
  const saturation = recordSimulation({ scenario, rules, world }, ledger)
  return { scenario, rules, samples: ledger.samples, totals: ledger.totals(), saturation }
}

/** Runs a scenario for those who want each second of it. */
export function recordSimulation({ scenario, rules, world }: Setting, recorder: Recorder): Saturation {
  const system = new System(scenario, rules, world)
  for (let second = -scenario.settle; second < scenario.seconds; second += 1) system.step(second, recorder)
  return system.saturation
}

/** The system between users and the database. */
class System {
  readonly #scenario: Scenario
  readonly #rules: ScalingRules
  readonly #world: World
  readonly #random: Random
  readonly #users: Users
  readonly #caches = operations.map(({ cache }) => new EdgeCache(cache))
  readonly #gate = new EdgeGate()
  readonly #fleet: Fleet
  readonly #scaler: Scaler
  readonly #metrics: PeriodMetrics
  readonly #tunnel: Tunnel
  readonly #database: Database
  readonly saturation = new Saturation()
  readonly #connectionsPerInstance: number
  #utilization = 0

  constructor(scenario: Scenario, rules: ScalingRules, world: World) {
    this.#scenario = scenario
    this.#rules = rules
    this.#world = world
    this.#random = seededRandom(seedOf(scenario.name, world.seed))
    const shares = operations.map(({ share }) => share)
    this.#users = new Users({ ...userRules, thinkSeconds: world.thinkSeconds, shares })
    // Boot times have a random stream of their own, so that the growth of the group does not change the users'
    // behaviour.
    this.#fleet = new Fleet(rules, rules.min, seededRandom(seedOf('fleet', scenario.name, world.seed)))
    const connectors = seededRandom(seedOf('tunnel', scenario.name, world.seed))
    this.#tunnel = new Tunnel(world.stage, metricDelaySeconds, connectors)
    this.#scaler = new Scaler(rules)
    this.#metrics = new PeriodMetrics(rules.periodSeconds, metricDelaySeconds)
    const { vcpus } = databaseClasses[documentDbOf(world.stage).instanceClass]
    this.#database = new Database({ vcpus, times: world.times })
    this.#connectionsPerInstance = rules.processes * (poolSizeFor(world.stage, rules) + monitorConnections)
  }

  step(second: number, recorder: Recorder): void {
    this.#incidents(second)
    this.#fleet.step(second)
    const demand = this.#demand(second)
    const passed = this.#gate.pass(demand.wanted, {
      utilization: this.#utilization,
      answerable: (sent) => this.#answerable(second, sent),
    })
    const carried = this.#world.hasTunnel ? this.#tunnel.carry(second, total(passed)) : 1
    const origin = this.#origin(second, passed, carried)
    this.#utilization = origin.answer?.utilization ?? this.#utilization
    const settled = this.#settle(second, demand, passed, origin)
    this.#group(second, passed, origin)
    if (second < 0) return
    this.saturation.observe(second, {
      tunnel: this.#tunnel.busy,
      origin: this.#busyShare(second, total(passed) * origin.reached),
      database: this.#database.busy,
    })
    const originRequests = total(passed)
    const dollars = this.#dollars(second, demand, settled)
    recorder.record(
      {
        at: second,
        users: this.#users.population,
        outcomes: settled.outcomes,
        fromOrigin: settled.fromOrigin,
        originRequests,
        inService: this.#fleet.inService(second),
        desired: this.#fleet.desired,
        running: this.#fleet.running(second),
        connections: this.#fleet.connected(second) * this.#connectionsPerInstance,
        databaseBusy: this.#database.busy,
        dollars,
        longestMs: origin.answer === undefined ? 0 : origin.answer.longestMs + this.#world.times.networkMs,
        monitored: this.#monitored(second, originRequests * carried, origin),
        tunnel: this.#world.hasTunnel ? this.#tunnel.second : undefined,
      },
      origin.answer?.latency ?? noLatency,
      total(settled.done),
      this.#world.times.networkMs,
    )
  }

  /** @param arrived requests at the balancer */
  #monitored(second: number, arrived: number, { answer }: Origin): Monitored {
    const { live, dead } = this.#fleet.weights(second)
    const unreached = live === 0 ? arrived : (arrived * dead) / (live + dead)
    const requests = arrived - unreached
    const ended = answer === undefined ? 0 : total(answer.done) + total(answer.shed)
    const share = (count: number) => (ended === 0 ? 0 : (requests * count) / ended)
    return {
      requests,
      shed: answer === undefined ? 0 : share(total(answer.shed) - answer.late),
      late: share(answer?.late ?? 0),
      unreached,
      unhealthy: this.#fleet.unhealthy(second),
      hasPrimary: this.#database.hasPrimary(second),
    }
  }

  /** Requests that reach the origins, over what they can do. */
  #busyShare(second: number, requests: number): number {
    const { live } = this.#fleet.weights(second)
    const capacity = live * this.#rules.processes * this.#world.responses.capacityPerSecond
    return capacity === 0 ? Number.POSITIVE_INFINITY : requests / capacity
  }

  #incidents(second: number): void {
    for (const incident of this.#scenario.incidents) {
      if (incident.kind === 'zone-loss' && incident.at + incident.seconds === second) {
        this.#fleet.regainZone(incident.zone)
        this.#tunnel.regainZone(incident.zone)
      }
      if (incident.at !== second) continue
      if (incident.kind === 'zone-loss') {
        this.#fleet.loseZone(incident.zone, second)
        this.#tunnel.loseZone(incident.zone, second)
      } else if (incident.kind === 'database-failover') this.#database.failOver(second, this.#random)
      else this.#fleet.refresh()
    }
  }

  #demand(second: number): Demand {
    const { dataCentres } = this.#scenario
    const attempts = this.#users.ask(
      second + this.#scenario.settle,
      usersAt(this.#scenario, second),
      this.#random,
    )
    const wanted = { critical: 0, normal: 0, background: 0 }
    const parts = operations.map((operation, index): Part => {
      const byAttempt = attempts[index] ?? []
      const asked = byAttempt.reduce((sum, count) => sum + count, 0)
      const caches = operation.cache?.sharing === 'subject' ? this.#users.population : dataCentres
      // The cast is safe: each operation has a cache.
      const { hit, refresh, miss, staleOnError } = (this.#caches[index] as EdgeCache).outcome(asked / caches)
      wanted[operation.priority] += asked * (miss + refresh)
      return {
        operation,
        byAttempt,
        asked,
        hits: asked * hit,
        misses: asked * miss,
        refreshes: asked * refresh,
        staleOnError,
      }
    })
    return { parts, wanted }
  }

  /** Number of requests that the origins answer in a second; of a flood, of the part that is twice their capacity. */
  #answerable(second: number, sent: PerPriority): PerPriority {
    const { processes } = this.#rules
    const capacity = this.#fleet.weights(second).live * processes * this.#world.responses.capacityPerSecond
    const flood = Math.max(1, total(sent) / (2 * capacity))
    const part = (priority: Priority) => sent[priority] / flood
    const trial = { critical: part('critical'), normal: part('normal'), background: part('background') }
    const carried = this.#world.hasTunnel ? this.#tunnel.share(second, total(trial)) : 1
    const { reached, answer } = this.#origin(second, trial, carried)
    const answered = (priority: Priority) =>
      answer === undefined ? 0 : trial[priority] * reached * answeredShare(answer, priority)
    return {
      critical: answered('critical'),
      normal: answered('normal'),
      background: answered('background'),
    }
  }

  /** @param carried share of the requests that the tunnel carries */
  #origin(second: number, passed: PerPriority, carried: number): Origin {
    const { live, dead } = this.#fleet.weights(second)
    const processes = live * this.#rules.processes
    const reached = carried * (live + dead === 0 ? 0 : live / (live + dead))
    if (processes === 0) return { reached: 0, answer: undefined }
    const perProcess = (priority: Priority) => (passed[priority] * reached) / processes
    const arrivals = {
      critical: perProcess('critical'),
      normal: perProcess('normal'),
      background: perProcess('background'),
    }
    const hasPrimary = this.#database.hasPrimary(second)
    const answer = inEquilibrium(this.#database.slowdown(0), (slowdown) => {
      const found = this.#world.responses.at({ arrivals, database: { slowdown, hasPrimary } })
      const done = priorities.map((priority) => arrivals[priority] * answeredShare(found, priority))
      const requests = done.reduce((sum, count) => sum + count, 0) * processes
      return { answer: found, slowdown: this.#database.slowdown(requests) }
    })
    return { reached, answer }
  }

  /** Counts answers and failures, and the users who retry. */
  #settle(
    second: number,
    { parts, wanted }: Demand,
    passed: PerPriority,
    { reached, answer }: Origin,
  ): Settled {
    const outcomes: Record<Priority, Outcome> = { critical: none, normal: none, background: none }
    const done = { critical: 0, normal: 0, background: 0 }
    const waited = { critical: 0, normal: 0, background: 0 }
    const work = { reads: 0, writes: 0 }
    for (const [index, part] of parts.entries()) {
      const { writes, priority } = part.operation
      const admitted = wanted[priority] === 0 ? 1 : passed[priority] / wanted[priority]
      const answered = answer === undefined ? 0 : answeredShare(answer, priority)
      const ok = admitted * reached * answered
      const failed = admitted * (1 - reached)
      const fromOrigin = part.misses * ok
      const stale = part.misses * (1 - ok) * part.staleOnError
      const served = part.hits + fromOrigin + stale
      const lost = part.asked - served
      const failedCount = ok === 1 ? 0 : lost * (failed / (1 - ok))
      outcomes[priority] = {
        asked: outcomes[priority].asked + part.asked,
        served: outcomes[priority].served + served,
        refused: outcomes[priority].refused + lost - failedCount,
        failed: outcomes[priority].failed + failedCount,
      }
      const originDone = fromOrigin + part.refreshes * ok
      done[priority] += originDone
      waited[priority] += fromOrigin
      work[writes ? 'writes' : 'reads'] += originDone
      for (const [attempt, count] of part.byAttempt.entries()) {
        if (part.asked > 0)
          this.#users.refused(second + this.#scenario.settle, index, attempt, (count * lost) / part.asked)
      }
    }
    this.#gate.accepted(done)
    this.#database.work(work.reads + work.writes)
    return { outcomes, done, work, fromOrigin: waited }
  }

  #group(second: number, passed: PerPriority, { reached, answer }: Origin): void {
    const requests = total(passed) * reached
    const refused =
      answer === undefined ? 0 : requests * (total(answer.shed) / Math.max(1, total(answer.offered)))
    const values = this.#metrics.observe(second, {
      inService: this.#fleet.inService(second),
      requests,
      refused,
      cpu: answer?.cpu ?? 0,
      poolWaitMs: answer?.poolWaitMs ?? 0,
    })
    if (values !== undefined) this.#scaler.observe(values)
    if ((second + this.#scenario.settle) % decisionSeconds !== decisionSeconds - 1) return
    const desired = this.#scaler.decide({
      current: this.#fleet.current(second),
      desired: this.#fleet.desired,
      growing: this.#fleet.isGrowing(second),
    })
    this.#fleet.scale(desired)
  }

  #dollars(second: number, { parts }: Demand, { work }: Settled): number {
    const running = this.#fleet.running(second)
    const hourly =
      standingDollarsPerHour(this.#world.stage) +
      running * instanceDollarsPerHour(this.#rules.instanceType) +
      this.#tunnel.extra(second) * instanceDollarsPerHour(this.#world.stage.tunnel.instanceType) +
      (running + this.#fleet.warmReady(second)) * diskDollarsPerHour
    const requests = parts.reduce((sum, { asked }) => sum + asked, 0)
    return hourly / 3_600 + requestDollars({ requests, originReads: work.reads, originWrites: work.writes })
  }
}

interface Part {
  readonly operation: Operation
  readonly byAttempt: readonly number[]
  readonly asked: number
  readonly hits: number
  readonly misses: number
  readonly refreshes: number
  readonly staleOnError: number
}

interface Demand {
  readonly parts: readonly Part[]
  /** Requests that would go to the origin. */
  readonly wanted: PerPriority
}

interface Origin {
  /** Share of requests that reach a live instance. */
  readonly reached: number
  readonly answer: ProcessResult | undefined
}

interface Settled {
  readonly outcomes: PerPriority<Outcome>
  /** Requests that the origin answered. */
  readonly done: PerPriority
  /** Requests among them that a user waited for. */
  readonly fromOrigin: PerPriority
  readonly work: { readonly reads: number; readonly writes: number }
}

/** Share answered of those that reached a live process. */
function answeredShare({ done, shed }: ProcessResult, priority: Priority): number {
  const ended = done[priority] + shed[priority]
  return ended === 0 ? 1 : done[priority] / ended
}

const noLatency = new Histogram()
const none: Outcome = { asked: 0, served: 0, refused: 0, failed: 0 }

const total = (counts: PerPriority): number => priorities.reduce((sum, priority) => sum + counts[priority], 0)
