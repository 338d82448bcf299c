import { cpus } from 'node:os'

/** Watches all cores from now on. @returns function that returns the percentage of their time in use so far */
export function machineLoad(): () => number {
  const before = coreTimes()
  return () => {
    const now = coreTimes()
    const total = now.total - before.total
    return total === 0 ? Number.NaN : (1 - (now.idle - before.idle) / total) * 100
  }
}

/** Milliseconds since the start of the machine, of all cores together. */
function coreTimes(): { readonly idle: number; readonly total: number } {
  let idle = 0
  let total = 0
  for (const { times } of cpus()) {
    idle += times.idle
    total += times.user + times.nice + times.sys + times.irq + times.idle
  }
  return { idle, total }
}
