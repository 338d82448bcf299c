import type { FaultRecord } from './inflict.ts'

/** One question of the probe that asks all the time. Epoch milliseconds. */
export interface Probe {
  readonly startMs: number
  readonly isGood: boolean
}

export interface Recovery {
  readonly fault: FaultRecord
  readonly ms: number
}

/** Service is back at the first moment that is followed by this much without a failure. */
const cleanMs = 1_000

/**
 * Time from each single fault until service came back. A fault counts where no other one was going on, and none began
 * before service was back, or before the time was so long that what came next does not excuse it.
 *
 * @param probes in the order of their starts
 * @param excusedMs a recovery that another fault cuts off counts from this length on
 */
export function recoveries(
  faults: readonly FaultRecord[],
  probes: readonly Probe[],
  excusedMs = 5_000,
): readonly Recovery[] {
  const found: Recovery[] = []
  for (const fault of faults) {
    const { startMs, endMs } = fault
    const others = faults.filter((other) => other !== fault)
    const isAlone = others.every((other) => other.endMs + cleanMs < startMs || other.startMs > endMs)
    if (!isAlone || endMs === Number.POSITIVE_INFINITY) continue
    const nextMs = Math.min(
      ...others.map((other) => other.startMs).filter((ms) => ms > endMs),
      Number.POSITIVE_INFINITY,
    )
    const backMs = firstClean(probes, endMs, nextMs)
    if (backMs !== undefined) found.push({ fault, ms: backMs - endMs })
    else if (nextMs - endMs > excusedMs + cleanMs && nextMs !== Number.POSITIVE_INFINITY) {
      found.push({ fault, ms: nextMs - endMs })
    }
  }
  return found
}

/** The first moment from `fromMs` with a second of good answers behind it that ends before `untilMs`. */
function firstClean(probes: readonly Probe[], fromMs: number, untilMs: number): number | undefined {
  let sinceMs = fromMs
  for (const { startMs, isGood } of probes) {
    if (startMs < fromMs) continue
    if (startMs >= untilMs) return undefined
    if (startMs - sinceMs >= cleanMs) return sinceMs
    if (!isGood) sinceMs = startMs + 1
  }
  return undefined
}
