import type { Priority } from '@spillway/origin/contract'

/** Everything that operators may learn. Never a token, a query value, a body or an address. */
export type Observation = AnswerObservation | FaultObservation | WarmUpObservation | HotListObservation

/** One request and its result. */
export interface AnswerObservation {
  readonly kind: 'answer'
  readonly requestId: string
  readonly method: string
  /** `/v1/places/:id`; `undefined` where the request matched nothing. */
  readonly pattern: string | undefined
  readonly status: number
  /** Problem code, or a more specific reason, of a refusal; `undefined` for served requests. */
  readonly reason: string | undefined
  /** `Cache-Status` of the answer. */
  readonly cache: string | undefined
  readonly durationMs: number
  readonly originMs: number | undefined
  /** `undefined` where the request matched no route of the contract. */
  readonly priority?: Priority | undefined
  /** Whether requests of its kind have more time than others: feeds, exports, slow actions. */
  readonly takesItsTime?: true
  /** Id of its W3C trace, if the origin was asked. */
  readonly traceId?: string
}

/** Targets of a warm-up by their result. */
export interface WarmUpObservation {
  readonly kind: 'warm-up'
  /** Fetched from the origin. */
  readonly warmed: number
  /** Needed no request to the origin. */
  readonly held: number
  /** Shed or failed; ended the run. */
  readonly refused: number
  /** Left when the run ended, or no longer answers that all share. */
  readonly skipped: number
}

/** This isolate has renewed its data centre's list of hot targets. */
export interface HotListObservation {
  readonly kind: 'hot-list'
  readonly targets: number
}

/** A fault that is not tied to one request. */
export interface FaultObservation {
  readonly kind: 'fault'
  readonly what:
    | 'key-set'
    | 'api-keys'
    | 'usage'
    | 'control'
    | 'rate-limiter'
    | 'purge'
    | 'traces'
    | 'unexpected'
    | 'configuration'
  /** The issuer, binding or stage at fault. */
  readonly where: string
  readonly message: string
  readonly requestId?: string
}

/**
 * @param nowMs epoch milliseconds, if the caller knows the time already
 * @param repeats number of repeated answers that this observation stands for; 0 for a unique one. A repeat equals an
 *   answer that was observed before, request id included
 */
export type Observe = (observation: Observation, nowMs?: number, repeats?: number) => void
