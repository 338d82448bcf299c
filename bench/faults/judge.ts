import type { Truth } from './chains.ts'
import { checkHung } from './check-hung.ts'
import { checkLinear } from './check-linear.ts'
import { checkRefusals } from './check-refusals.ts'
import { checkStale } from './check-stale.ts'
import { checkWrites } from './check-writes.ts'
import type { Exchange } from './exchange.ts'
import { observations } from './observations.ts'
import type { Violation } from './violation.ts'

/** All violations in the answers to the clients of a run. */
export function judge(exchanges: readonly Exchange[], truth: Truth): readonly Violation[] {
  const observed = observations(exchanges, truth)
  return [
    ...checkWrites(exchanges, truth),
    ...checkRefusals(exchanges, truth),
    ...checkStale(observed, exchanges, truth),
    ...checkLinear(observed),
    ...checkHung(exchanges),
  ]
}
