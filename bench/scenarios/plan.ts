import { randomUUID } from 'node:crypto'
import type { Catalogue } from '@spillway/origin/contract'
import type { Spacing } from '../load/arrivals.ts'
import { type Operation, operationsOf } from '../load/operations.ts'
import type { KnownDocuments } from '../load/request.ts'
import type { Scenario } from './scenario.ts'

/** A scenario with all that a driver needs to run it, as plain data, so that k6 can read it from a file. */
export interface Plan {
  readonly scenario: Scenario
  /** Share of the full scale. The scenario is already scaled. */
  readonly scale: number
  /** Base URL without a slash at its end. */
  readonly target: string
  readonly operations: readonly Operation[]
  readonly documents: KnownDocuments
  readonly tokens: readonly string[]
  readonly run: string
  readonly seed: number
  /**
   * Spacing of open arrivals. A Poisson stream at a hundredth of the rate varies ten times as much, relative to the
   * rate; to behave like the full one, a scaled-down run is evenly spaced. @default 'poisson'
   */
  readonly spacing?: Spacing
}

export interface PlanOptions {
  readonly scenario: Scenario
  readonly scale: number
  readonly target: string
  readonly documents: KnownDocuments
  readonly tokens: readonly string[]
  readonly seed: number
  readonly spacing?: Spacing
}

/** Plan for a target. Without tokens, operations that need one are left out. @throws RangeError if none is left */
export function planOf(resources: Catalogue, options: PlanOptions): Plan {
  const all = operationsOf(resources, options.scenario)
  const operations = options.tokens.length > 0 ? all : all.filter(({ signedIn }) => !signedIn)
  if (operations.length === 0)
    throw new RangeError('everything in this scenario needs a token: --tokens FILE')
  return {
    ...options,
    target: new URL(options.target).origin,
    operations,
    run: randomUUID().slice(0, 8),
  }
}
