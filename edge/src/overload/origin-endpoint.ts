import type { OriginGate } from './origin-gate.ts'
import type { Permit } from './permit.ts'

/** An origin and what this isolate knows of its health. */
export interface OriginEndpoint {
  /** Base URL without a trailing slash. */
  readonly url: string
  readonly gate: OriginGate
}

/** A permit and the origin whose gate issued it. */
export interface Reservation {
  readonly endpoint: OriginEndpoint
  readonly permit: Permit
}
