/** The one door to the origin's policies: the simulation does not imitate them, it runs them. They are pure. */
export { AdmissionControl } from '../../origin/src/policy/admission-control.ts'
export { DelayLimit } from '../../origin/src/policy/delay-limit.ts'
export type { Limit } from '../../origin/src/policy/limit.ts'
export type { WaitQueueOptions } from '../../origin/src/policy/wait-queue.ts'
export { joined, type LaneLimits } from '../../origin/src/store/records.ts'
