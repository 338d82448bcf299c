import { warmPoolSize } from '../../../infra/src/config.ts'
import type { Random } from '../../load/random.ts'
import type { ScalingRules } from './scaling-rules.ts'

/** Durations in an instance's life, s. */
export interface FleetTimes {
  /** From the decision to launch to the completed launch hook: boot, packages, release, readiness. */
  readonly coldBoot: number
  /** The same from a stopped instance of the warm pool. */
  readonly warmStart: number
  /** Until the balancer sends requests: two health checks. */
  readonly registration: number
  /** Slow start: time in which its share of requests grows. */
  readonly slowStart: number
  /** Time from the decision to terminate to the end of its process. */
  readonly drain: number
  /** Time for which a dead instance still gets requests: two failed health checks. */
  readonly unhealthy: number
  /** Time from then until the group replaces it. */
  readonly replace: number
  /** Time after the last batch of a refresh. */
  readonly bake: number
}

export const fleetTimes: FleetTimes = {
  coldBoot: 100,
  warmStart: 35,
  registration: 10,
  slowStart: 30,
  drain: 25,
  unhealthy: 10,
  replace: 60,
  bake: 300,
}

const zones = 3

/** Share by which a refresh may exceed the desired size: new before old, a third at a time. */
const refreshShare = 0.34

interface Instance {
  readonly zone: number
  readonly generation: number
  readonly readyAt: number
  drainsUntil: number | undefined
  deadSince: number | undefined
}

/**
 * An Auto Scaling group over three zones: launches, warm pool, draining, instance refresh, and the loss of a zone. All
 * times are in seconds. `random` makes each boot up to a fifth longer or shorter.
 */
export class Fleet {
  readonly #rules: ScalingRules
  readonly #times: FleetTimes
  readonly #random: Random
  #instances: Instance[] = []
  /** Time at which each instance of the warm pool is ready and stopped. */
  #warm: number[] = []
  #desired: number
  #generation = 0
  #refreshing = false
  #refreshedAt: number | undefined
  readonly #lost = new Set<number>()
  #replaceAt: number | undefined

  /** Starts with `size` instances in service and the warm pool full. */
  constructor(rules: ScalingRules, size: number, random: Random, times: FleetTimes = fleetTimes) {
    this.#rules = rules
    this.#times = times
    this.#random = random
    this.#desired = size
    for (let i = 0; i < size; i += 1) this.#add(Number.NEGATIVE_INFINITY)
    this.#warm = new Array<number>(this.#warmWanted()).fill(0)
  }

  get desired(): number {
    return this.#desired
  }

  get refreshing(): boolean {
    return this.#refreshing
  }

  /** Instances of the warm pool that are ready to start. */
  warmReady(second: number): number {
    return this.#warm.filter((readyAt) => readyAt <= second).length
  }

  /** Instances that get requests, including dead ones that no health check has detected yet. */
  inService(second: number): number {
    return this.#serving(second).length
  }

  /** Dead instances that health checks have found, and the group has not replaced yet. */
  unhealthy(second: number): number {
    const { unhealthy } = this.#times
    return this.#instances.filter(
      ({ deadSince }) => second >= (deadSince ?? Number.POSITIVE_INFINITY) + unhealthy,
    ).length
  }

  /** Instances in service after their warm-up: the current capacity, in terms of scaling policies. */
  current(second: number): number {
    return this.#serving(second).filter((instance) => this.#isWarm(instance, second)).length
  }

  isGrowing(second: number): boolean {
    return this.#instances.some((instance) => isLive(instance) && !this.#isWarm(instance, second))
  }

  /** Shares of the requests, 1 for an instance that gets its full share; and those of dead ones. */
  weights(second: number): { readonly live: number; readonly dead: number } {
    let [live, dead] = [0, 0]
    for (const instance of this.#serving(second)) {
      const age = second - instance.readyAt
      const weight = Math.min(1, Math.max(0.1, age / this.#times.slowStart))
      if (instance.deadSince === undefined) live += weight
      else dead += weight
    }
    return { live, dead }
  }

  /** Instances whose processes may hold connections: from boot to the end of the drain, and those being warmed. */
  connected(second: number): number {
    const running = this.#instances.filter(({ deadSince }) => deadSince === undefined).length
    return running + this.#warm.filter((readyAt) => readyAt > second).length
  }

  /** Instances that are billed: all that run, for any reason. */
  running(second: number): number {
    return this.connected(second)
  }

  scale(desired: number): void {
    this.#desired = Math.min(this.#rules.max, Math.max(this.#rules.min, desired))
  }

  /** Starts replacing every instance. */
  refresh(): void {
    this.#generation += 1
    this.#refreshing = true
    this.#refreshedAt = undefined
  }

  loseZone(zone: number, second: number): void {
    this.#lost.add(zone)
    this.#replaceAt = second + this.#times.unhealthy + this.#times.replace
    for (const instance of this.#instances) if (instance.zone === zone) instance.deadSince = second
  }

  regainZone(zone: number): void {
    this.#lost.delete(zone)
  }

  /** Advances by a second. */
  step(second: number): void {
    const { unhealthy } = this.#times
    this.#instances = this.#instances.filter(({ drainsUntil, deadSince }) => {
      if (drainsUntil !== undefined && drainsUntil <= second) return false
      // A dead instance still counts until the group replaces it.
      return deadSince === undefined || second < deadSince + unhealthy || second < (this.#replaceAt ?? 0)
    })
    if (this.#refreshing) this.#refreshStep(second)
    const alive = this.#instances.filter(isLive)
    const above = this.#refreshing ? Math.max(1, Math.floor(this.#desired * refreshShare)) : 0
    const counted =
      second < (this.#replaceAt ?? 0)
        ? this.#instances.filter(({ drainsUntil }) => drainsUntil === undefined)
        : alive
    for (
      let missing = this.#desired + this.#refreshExtra(above) - counted.length;
      missing > 0;
      missing -= 1
    ) {
      this.#launch(second)
    }
    if (!this.#refreshing) {
      for (let spare = counted.length - this.#desired; spare > 0; spare -= 1) this.#drainOne(second)
    }
    this.#refill(second)
  }

  #refreshExtra(above: number): number {
    const old = this.#instances.filter(
      (instance) => isLive(instance) && instance.generation < this.#generation,
    )
    return Math.min(above, old.length)
  }

  /** Old instances end as soon as as many new ones are in service and warm. */
  #refreshStep(second: number): void {
    const alive = this.#instances.filter(isLive)
    const warm = alive.filter((instance) => this.#isWarm(instance, second))
    const old = warm.filter(({ generation }) => generation < this.#generation)
    for (let spare = warm.length - this.#desired; spare > 0 && old.length > 0; spare -= 1) {
      // The cast is safe: the loop ends with the list.
      this.#drain(old.pop() as Instance, second)
    }
    if (alive.some(({ generation }) => generation < this.#generation)) return
    this.#refreshedAt ??= second
    if (second >= this.#refreshedAt + this.#times.bake) this.#refreshing = false
  }

  #launch(second: number): void {
    const ready = this.#warm.findIndex((readyAt) => readyAt <= second)
    const fromPool = ready !== -1 && !this.#refreshing
    if (fromPool) this.#warm.splice(ready, 1)
    const { coldBoot, warmStart, registration } = this.#times
    this.#add(second + this.#jitter(fromPool ? warmStart : coldBoot) + registration)
  }

  #add(readyAt: number): void {
    const zone = this.#emptiestZone()
    this.#instances.push({
      zone,
      generation: this.#generation,
      readyAt,
      drainsUntil: undefined,
      deadSince: undefined,
    })
  }

  #drainOne(second: number): void {
    const counts = this.#zoneCounts()
    const alive = this.#instances.filter(isLive)
    // The default termination policy: the zone with most instances, there the oldest. The casts are safe: each zone has
    // a count.
    const [oldest] = alive.sort(
      (a, b) => (counts[b.zone] as number) - (counts[a.zone] as number) || a.readyAt - b.readyAt,
    )
    if (oldest !== undefined) this.#drain(oldest, second)
  }

  #drain(instance: Instance, second: number): void {
    instance.drainsUntil = second + this.#times.drain
  }

  /** By AWS's formula: the pool empties as the group grows. */
  #warmWanted(): number {
    return warmPoolSize(this.#rules, this.#desired)
  }

  #refill(second: number): void {
    while (this.#warm.length < this.#warmWanted())
      this.#warm.push(second + this.#jitter(this.#times.coldBoot))
    while (this.#warm.length > this.#warmWanted()) this.#warm.pop()
  }

  #serving(second: number): readonly Instance[] {
    return this.#instances.filter(
      ({ readyAt, drainsUntil, deadSince }) =>
        readyAt <= second &&
        drainsUntil === undefined &&
        (deadSince === undefined || second < deadSince + this.#times.unhealthy),
    )
  }

  #isWarm({ readyAt }: Instance, second: number): boolean {
    return second >= readyAt + this.#rules.warmupSeconds
  }

  #emptiestZone(): number {
    const counts = this.#zoneCounts()
    let best = -1
    for (let zone = 0; zone < zones; zone += 1) {
      if (this.#lost.has(zone)) continue
      // The casts are safe: each zone has a count.
      if (best === -1 || (counts[zone] as number) < (counts[best] as number)) best = zone
    }
    return Math.max(0, best)
  }

  #zoneCounts(): readonly number[] {
    const counts = new Array<number>(zones).fill(0)
    // The cast is safe: each zone has a count.
    for (const { zone } of this.#instances.filter(isLive)) counts[zone] = (counts[zone] as number) + 1
    return counts
  }

  #jitter(seconds: number): number {
    return Math.round(seconds * (0.8 + 0.4 * this.#random()))
  }
}

const isLive = ({ drainsUntil, deadSince }: Instance): boolean =>
  drainsUntil === undefined && deadSince === undefined
