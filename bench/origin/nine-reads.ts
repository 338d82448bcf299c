import type { Mix } from '../load/workload.ts'

/** Nine reads for each write. */
export const nineReads: Mix = { read: 75, list: 15, create: 5, update: 5 }
