/** Only import of the origin's policies: the simulation runs them instead of imitating them. They are pure. */
export { usualListTimeoutMs } from '../../origin/src/config.ts'
export { AdmissionControl } from '../../origin/src/overload/admission-control.ts'
export { DelayLimit } from '../../origin/src/overload/delay-limit.ts'
export type { Limit } from '../../origin/src/overload/limit.ts'
export type { WaitQueueOptions } from '../../origin/src/overload/wait-queue.ts'
export { BatchTime } from '../../origin/src/store/batch-time.ts'
export { joined, type LaneLimits } from '../../origin/src/store/records.ts'
export { WaitingItems } from '../../origin/src/store/waiting-items.ts'
