/** A fault of the code, which the simulator does not have: it is laid over the seconds of a run. */
export interface Overlay {
  /** Seconds of the scenario in which it shows. */
  readonly from: number
  readonly to: number
  /** Share of the served answers of every priority that fail instead. */
  readonly failedShare?: number
  /** Time that is added to each answer of the origin, ms. */
  readonly slowerMs?: number
}

/** All overlays of a second together. */
export function overlaidAt(
  second: number,
  overlays: readonly Overlay[],
): { readonly failedShare: number; readonly slowerMs: number } {
  const present = overlays.filter(({ from, to }) => second >= from && second < to)
  return {
    failedShare: present.reduce((sum, { failedShare = 0 }) => sum + failedShare, 0),
    slowerMs: present.reduce((sum, { slowerMs = 0 }) => sum + slowerMs, 0),
  }
}
