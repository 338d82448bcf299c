/** Everything that is worth telling an operator. Never a token, a query value, a body or an address. */
export type Observation = AnswerObservation | FaultObservation

/** One request and what became of it. */
export interface AnswerObservation {
  readonly kind: 'answer'
  readonly requestId: string
  readonly method: string
  /** `/v1/places/:id`; `undefined` where the request matched nothing. */
  readonly pattern: string | undefined
  readonly status: number
  /** Problem code or finer reason of a refusal; `undefined` for what was served. */
  readonly reason: string | undefined
  /** `Cache-Status` of the answer. */
  readonly cache: string | undefined
  readonly durationMs: number
  readonly originMs: number | undefined
}

/** Something that went wrong beside any one request. */
export interface FaultObservation {
  readonly kind: 'fault'
  readonly what: 'key-set' | 'control' | 'rate-limiter' | 'purge' | 'unexpected' | 'configuration'
  /** The issuer, the binding or the stage that it concerns. */
  readonly where: string
  readonly message: string
  readonly requestId?: string
}

/**
 * @param nowMs epoch milliseconds, where the caller has asked for the time already
 * @param repeats 0 for what is told for itself; else for how many answers this one is told, all of them given as one was
 *   that has been told of before, request id included
 */
export type Observe = (observation: Observation, nowMs?: number, repeats?: number) => void
