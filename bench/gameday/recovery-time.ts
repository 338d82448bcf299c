import type { Probe } from '../faults/recovery.ts'

/** Time without a failure after which the service counts as restored. */
const cleanMs = 1_000

/**
 * Recovery time (RTO): from an incident until its last failure, if a second without one follows. A probe has failed until
 * its answer came, so one that hung counts for as long as it hung.
 *
 * @param probes in any order
 * @returns ms, 0 if nothing failed; `undefined` while the service is not restored
 */
export function recoveryMs(probes: readonly Probe[], fromMs: number): number | undefined {
  const since = probes.filter(({ endMs }) => endMs >= fromMs)
  const lastMs = Math.max(fromMs, ...since.filter(({ isGood }) => !isGood).map(({ endMs }) => endMs))
  const isRestored = since.some(({ startMs, isGood }) => isGood && startMs - lastMs >= cleanMs)
  return isRestored ? lastMs - fromMs : undefined
}
