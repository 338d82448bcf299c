/** A step scaling rule: how much the group grows above which value of a signal. It never shrinks the group. */
export interface Growth {
  readonly from: number
  /** Percentage of the group's size. */
  readonly percent: number
  readonly urgentFrom: number
  readonly urgentPercent: number
}

/** The step rules as plain numbers, so that a simulation can run the same ones (decision 0004). */
export const growth = {
  /**
   * Waiting for a connection should take less than a millisecond. 20 ms means a queue; 100 ms is a tenth of the second
   * that every answer has.
   */
  poolWaitMs: { from: 20, percent: 25, urgentFrom: 100, urgentPercent: 50 },
  /** A healthy group sheds nothing. 1 % means that it is too small, 10 % much too small. */
  shedPercent: { from: 1, percent: 100, urgentFrom: 10, urgentPercent: 300 },
} as const satisfies Readonly<Record<string, Growth>>

/**
 * Target of average CPU, besides requests per target: a request count does not show that requests have become more
 * expensive. Chosen together with the step rules by `npm run simulate -- search`.
 */
export const cpuTargetPercent = 50

/** The same for a tunnel's connectors. */
export const connectorCpuTargetPercent = 50
