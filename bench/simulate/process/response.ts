import { seedOf } from '../distribution.ts'
import { capacityPerSecond, type DatabaseState, processModel, type ServiceTimes } from '../service-times.ts'
import type { PerPriority, ProcessResult } from './model.ts'
import { simulateProcess } from './process.ts'

/** Arrivals at one process in a second, and the state of its database. */
export interface ProcessLoad {
  readonly arrivals: PerPriority
  readonly database: DatabaseState
}

/**
 * Response of one process to a load, simulated event by event, once for each noticeably different load.
 *
 * A fleet at a million requests a second has too many events to simulate. But instances behind a balancer are alike,
 * and a process forgets its past within its deadline, a second, while load, group and database change over minutes
 * (decomposition by time scales: Courtois, Decomposability, 1977). So each simulated second of the fleet uses the
 * response of a process to that second's load, and loads within one cell of a grid share a response. It depends on the
 * cell alone, never on earlier questions.
 */
export class ProcessResponses {
  readonly #times: ServiceTimes
  readonly #poolSize: number
  readonly #capacity: number
  readonly #requests: number
  readonly #answers = new Map<string, ProcessResult>()

  /** @param requests to simulate for each response: more of them give a steadier p99 */
  constructor(times: ServiceTimes, poolSize: number, requests: number) {
    this.#times = times
    this.#poolSize = poolSize
    this.#capacity = capacityPerSecond(times)
    this.#requests = requests
  }

  /** Requests a second that keep one process busy. */
  get capacityPerSecond(): number {
    return this.#capacity
  }

  /** Number of simulated responses. */
  get simulated(): number {
    return this.#answers.size
  }

  at({ arrivals, database }: ProcessLoad): ProcessResult {
    const total = arrivals.critical + arrivals.normal + arrivals.background
    const load = gridLoad(total / this.#capacity)
    // Priorities matter only where some request is refused.
    const critical = load < calm ? 0.3 : gridShare(arrivals.critical / total)
    const background = load < calm ? 0.1 : Math.min(1 - critical, gridShare(arrivals.background / total))
    const slowdown = gridRatio(database.slowdown)
    const { hasPrimary } = database
    const key = [
      load.toFixed(4),
      critical.toFixed(2),
      background.toFixed(2),
      slowdown.toFixed(3),
      hasPrimary,
    ].join(' ')
    const known = this.#answers.get(key)
    if (known !== undefined) return known
    const perSecond = Math.max(load, 0.01) * this.#capacity
    const answer = simulateProcess(processModel(this.#times, this.#poolSize, { slowdown, hasPrimary }), {
      arrivals: {
        critical: perSecond * critical,
        normal: perSecond * Math.max(0, 1 - critical - background),
        background: perSecond * background,
      },
      requests: this.#requests,
      warmup: Math.floor(this.#requests / 4),
      seed: seedOf(key),
    })
    this.#answers.set(key, answer)
    return answer
  }
}

/** Load below which a process sheds nothing. */
const calm = 0.5

/** Steps of a twentieth up to a load of 0.5, of 4 % above. */
const gridLoad = (load: number): number =>
  load < calm ? Math.round(load * 20) / 20 : calm * 1.04 ** Math.round(Math.log(load / calm) / Math.log(1.04))

const gridShare = (share: number): number => Math.round(Math.min(1, Math.max(0, share)) * 10) / 10

/** Steps of a quarter. */
const gridRatio = (ratio: number): number => 1.25 ** Math.round(Math.log(ratio) / Math.log(1.25))
