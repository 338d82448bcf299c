import type { FaultRecord } from './inflict.ts'

/** One probe. Times are epoch milliseconds. */
export interface Probe {
  readonly startMs: number
  readonly endMs: number
  readonly isGood: boolean
}

export interface Recovery {
  readonly fault: FaultRecord
  readonly ms: number
}

/** Time without a failure after which the service counts as recovered. */
const cleanMs = 1_000

/**
 * Time from each single fault until the service recovered. A fault counts if no other one was active, and none began
 * before the recovery. It also counts if the next one began only after `excusedMs`.
 *
 * @param probes in the order of their starts
 * @param excusedMs from this length on, a recovery that another fault interrupts counts with its length so far
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

/** First time from `fromMs` on that is followed by a second of good answers before `untilMs`. */
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
