import type { RatePoint, Spacing } from './arrivals.ts'
import type { Credentials } from './credentials.ts'
import type { Latency } from './latency.ts'
import type { OperationMix } from './operation-mix.ts'
import type { Interval, TimelineOptions } from './timeline.ts'
import type { Mix } from './workload.ts'

/** Members of both kinds of load. All of them can be sent to another process. */
interface CommonJob {
  /** Base URL without a slash at its end. */
  readonly target: string
  readonly iOwnThisTarget?: boolean
  readonly ids: readonly string[]
  readonly seed: number
  /** Time before the measurement, in which connections open, code is compiled and pools fill. */
  readonly warmupMs: number
  /** Processes whose CPU time counts, by the name that the report gives them. */
  readonly watched: Readonly<Record<string, readonly number[]>>
}

/** A fixed number of users. Each sends its next request when the last one is answered. */
export interface ClosedJob extends CommonJob {
  readonly kind: 'closed'
  readonly connections: number
  readonly windowMs: number
  readonly mix: Mix | OperationMix
  readonly credentials: Credentials
  /** Share of the answers, the slowest, that the report lists with their `Server-Timing`. @default none */
  readonly slowestShare?: number
}

/** Several closed loops in one driver, of which one runs at a time. */
export interface TurnsJob {
  readonly kind: 'turns'
  readonly loops: readonly Omit<ClosedJob, 'kind' | 'warmupMs' | 'windowMs'>[]
  /** Length of a turn. */
  readonly turnMs: number
  /** Time of each target that is not measured. */
  readonly warmupMs: number
  /** Measured time of each target, summed over its turns. */
  readonly windowMs: number
}

/** Users who send requests at planned times, whether or not earlier ones were answered. */
export interface OpenJob extends CommonJob {
  readonly kind: 'open'
  readonly streams: readonly Stream[]
  /** Maximum open connections. A request that finds none free waits, and its latency includes the wait. */
  readonly connectionsMax: number
  /** Connections that are made before the first request. @default 0: each is made when it is needed */
  readonly connectionsMin?: number
  /** Timeout: an answer that takes longer is a failure. */
  readonly timeoutMs: number
  /** Useful time: an answer that takes longer does not count as goodput. */
  readonly usefulMs: number
  /** Intervals of the timelines. @default seconds since the end of the warm-up */
  readonly timeline?: Omit<TimelineOptions, 'usefulMs'>
}

export interface Stream {
  readonly name: string
  /** Rates from the end of the warm-up, which runs at the first rate of the curve. */
  readonly curve: readonly RatePoint[]
  readonly spacing: Spacing
  readonly mix: Mix | OperationMix
  readonly credentials: Credentials
  /** Documents of this stream. @default those of the job */
  readonly ids?: readonly string[]
  /** Largest `Age` (RFC 9111 §5.1) that an answer may have, in seconds. @default any age */
  readonly ageSecondsMax?: number
}

export type Job = ClosedJob | OpenJob | TurnsJob

/** Result of a job: loops that take turns have a report each. */
export type ReportOf<J extends Job> = J extends TurnsJob ? readonly LoadReport[] : LoadReport

/** Answers to requests of the window. */
export interface Answers {
  readonly asked: number
  /** 2xx and 304, and refusals that the load mix expects. */
  readonly ok: number
  /** `ok` within `usefulMs`. */
  readonly good: number
  /** `ok` that are refusals with a reason that the load mix expects, e.g. of nights that are taken. */
  readonly refused: number
  /** 503 and 429: refused, with a reason and a time to come back. */
  readonly shed: number
  /** All other ends: other statuses, lost connections, timeouts. */
  readonly failed: number
  /** Answers that were older than their stream allows. They count as `ok` all the same. */
  readonly tooOld: number
  /** The highest `Age` of any of them. */
  readonly oldestSeconds: number
  /** Parts of `failed`, e.g. `500` or `timeout`. */
  readonly failures: Readonly<Record<string, number>>
  /** Latency of the `ok`: in a closed loop from sending, in an open one from the intended start. */
  readonly latency: Latency
  /** Latency of the `shed`. */
  readonly shedLatency: Latency
}

/** A slow answer. */
export interface SlowAnswer {
  readonly isWrite: boolean
  /** Latency, ms. */
  readonly ms: number
  /** `Server-Timing` (W3C) of the answer; empty without. */
  readonly timing: string
}

export interface LoadReport {
  readonly windowMs: number
  readonly total: Answers
  /** By stream; a closed loop has two, `reads` and `writes`, and one whose loops take turns has `all`. */
  readonly streams: Readonly<Record<string, Answers>>
  /** By stream, since the end of the warm-up. None for a closed loop. */
  readonly timelines: Readonly<Record<string, readonly Interval[]>>
  /** CPU time of the watched processes in the window, in ms. With loops in turns it includes the turns of others. */
  readonly cpuMs: Readonly<Record<string, number>>
  readonly driver: DriverState
  /** Most connections that were open at once. */
  readonly connections: number
  /** The slowest answers first. None if the job asks for none. */
  readonly slowest?: readonly SlowAnswer[]
}

/** Load of the driver itself. */
export interface DriverState {
  /** Share of one core. */
  readonly cpuShare: number
  /** Share of the time in which its event loop was busy: 1 is full. */
  readonly busy: number
  /** Delay from the intended to the actual start of a request. 0 in a closed loop, which intends no start. */
  readonly latenessP99Ms: number
  /** Requests that had to wait for a connection. */
  readonly waited: number
  /** Reason why the driver was the limit; absent where the target was. */
  readonly limitedBy?: string
}
