/** A rule of step scaling: how much the group grows from which value of a signal on. It never shrinks by one. */
export interface Growth {
  readonly from: number
  /** Per cent of the group's size. */
  readonly percent: number
  readonly urgentFrom: number
  readonly urgentPercent: number
}

/** The step rules, as plain numbers, so that a simulation can run the very same ones (decision 0004). */
export const growth = {
  /**
   * Waiting for a connection should take less than a millisecond; 20 ms is a queue, 100 ms a tenth of the second that
   * every answer has.
   */
  poolWaitMs: { from: 20, percent: 25, urgentFrom: 100, urgentPercent: 50 },
  /** Nothing is shed in good health. One per cent is a group too small, ten a group much too small. */
  shedPercent: { from: 1, percent: 100, urgentFrom: 10, urgentPercent: 300 },
} as const satisfies Readonly<Record<string, Growth>>

/**
 * Average CPU that the group is kept at, beside requests per target: what counts requests does not see that they have
 * become heavier. Chosen with the step rules by `npm run simulate -- search`.
 */
export const cpuTargetPercent = 50
