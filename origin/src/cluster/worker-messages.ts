import type { MetricObjectWithValues, MetricValue } from 'prom-client'

/** Counters of one worker. */
export type WorkerReport = readonly MetricObjectWithValues<MetricValue<string>>[]

/** Messages between a supervisor and its workers. */
export type WorkerMessage =
  | { readonly kind: 'gather'; readonly id: number }
  | { readonly kind: 'report'; readonly id: number; readonly report: WorkerReport }
export type SupervisorMessage =
  | { readonly kind: 'askReport'; readonly id: number }
  | { readonly kind: 'gathered'; readonly id: number; readonly text: string }
  | { readonly kind: 'notGathered'; readonly id: number }
