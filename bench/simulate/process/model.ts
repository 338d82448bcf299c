import type { Priority } from '@spillway/origin/contract'
import type { Sample } from '../distribution.ts'
import type { Histogram } from '../histogram.ts'
import type { Limit, WaitQueueOptions } from '../origin-policy.ts'
import type { LaneRules } from './lane.ts'

export type PerPriority<Value = number> = Readonly<Record<Priority, Value>>

/** Requests with the same path through a process. */
export interface Kind {
  /** Share of all requests; those of all kinds add up to 1. */
  readonly share: number
  /** CPU from admission to the call of the database, ms. */
  readonly workMs: Sample
  /** CPU from the database's answer to the last byte, ms. */
  readonly answerMs: Sample
  readonly lane: LaneRules
  /** Round trip of a batch, ms; `undefined`: the database has no primary, and callers wait in vain. */
  readonly databaseMs: Sample | undefined
  /** Longest time that it may take, ms. @default the caller's */
  readonly timeoutMs?: number
}

/** One origin process: event loop, admission control, lanes of joined work, and connection pool. */
export interface ProcessModel {
  /** CPU time to read a request and decide about it, ms: the cost of a shed one. */
  readonly receiveMs: Sample
  readonly kinds: readonly Kind[]
  /** The limit of a process that was at rest before: it learns within a run. */
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
  /** Number of requests to simulate. */
  readonly requests: number
  /** Requests at the start that do not count, while queues fill and the limit adapts. */
  readonly warmup: number
  readonly seed: number
}

export interface ProcessResult {
  /** Number of counted requests. */
  readonly offered: PerPriority
  /** Answered before the deadline. */
  readonly done: PerPriority
  /** Refused, or without an answer before the deadline. */
  readonly shed: PerPriority
  /** Requests among them without an answer before the deadline. */
  readonly late: number
  /** Time from arrival to answer, of answered requests. */
  readonly latency: Histogram
  /** Longest time of an admitted request, in time or not, ms. */
  readonly longestMs: number
  /** Mean time from arrival to admission, of answered requests, ms. */
  readonly queueMs: number
  /** The longest wait for a connection, ms. */
  readonly poolWaitMs: number
  /** Share of the time that the event loop was busy. */
  readonly cpu: number
  /** Mean of the load signal's `u`. */
  readonly utilization: number
  /** Mean number of requests in service. */
  readonly inflight: number
  /** Database commands per answered request. */
  readonly commandsPerRequest: number
  /** Length of the counted part, s. */
  readonly seconds: number
}
