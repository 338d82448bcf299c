import type { Priority } from '@spillway/origin/contract'
import type { Sample } from '../distribution.ts'
import type { Histogram } from '../histogram.ts'
import type { Limit, WaitQueueOptions } from '../origin-policy.ts'
import type { LaneRules } from './lane.ts'

export type PerPriority<Value = number> = Readonly<Record<Priority, Value>>

/** Requests that take the same way through a process. */
export interface Kind {
  /** Share of all requests; those of all kinds add up to 1. */
  readonly share: number
  /** CPU from admission to the call of the database, ms. */
  readonly workMs: Sample
  /** CPU from the database's answer to the last byte, ms. */
  readonly answerMs: Sample
  readonly lane: LaneRules
  /** A batch's round trip, ms; `undefined`: the database has no primary, and callers wait in vain. */
  readonly databaseMs: Sample | undefined
}

/** One origin process: an event loop, its admission control, lanes of joined work, a pool of connections. */
export interface ProcessModel {
  /** CPU to read a request and decide on it, ms: the cost of a shed one. */
  readonly receiveMs: Sample
  readonly kinds: readonly Kind[]
  /** A fresh limit: it learns within a run. */
  readonly limit: () => Limit
  /** @default the origin's own */
  readonly queue?: WaitQueueOptions
  /** @default the origin's own */
  readonly shares?: PerPriority
  readonly poolSize: number
  /** Longest wait of the caller, ms. */
  readonly deadlineMs: number
}

export interface ProcessRun {
  /** Poisson arrivals a second. */
  readonly arrivals: PerPriority
  /** Requests to follow. */
  readonly requests: number
  /** Requests at the start that are not counted: queues start empty and the limit has to learn. */
  readonly warmup: number
  readonly seed: number
}

export interface ProcessResult {
  /** Counted requests that came. */
  readonly offered: PerPriority
  /** Answered before the deadline. */
  readonly done: PerPriority
  /** Refused, or answered after the deadline. */
  readonly shed: PerPriority
  /** Being read, waiting or in work when the last request arrived. */
  readonly inSystem: number
  /** Time from arrival to answer, of those done. */
  readonly latency: Histogram
  /** Longest time of an admitted request, in time or not, ms. */
  readonly longestMs: number
  /** Mean time from arrival to admission, of those done, ms. */
  readonly queueMs: number
  /** The longest wait for a connection, ms. */
  readonly poolWaitMs: number
  /** Share of the time that the event loop was busy. */
  readonly cpu: number
  /** The load signal's `u` on answers, mean. */
  readonly utilization: number
  /** Requests in work, mean. */
  readonly inflight: number
  /** Commands to the database for one request that was done. */
  readonly commandsPerRequest: number
  /** Length of the counted part, s. */
  readonly seconds: number
}
