import type { Load } from '@spillway/origin/contract'

/**
 * Whether background work should wait: its limit is reached (admission-control.ts), or a request was refused recently.
 */
export const isBusy = ({ utilization, shed }: Load): boolean => utilization >= 0.7 || shed >= 0.01
