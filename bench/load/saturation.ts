import { performance } from 'node:perf_hooks'
import type { DriverState } from './report.ts'

/** Event-loop utilization above which the driver is the limit: answers wait for the driver. */
export const busyMax = 0.95
/** Lateness above which the load was not offered as planned: a tenth of the shortest time that is reported. */
export const latenessP99MsMax = 50

/** Reason why the driver was the limit, so that its figures must not be reported; or `undefined`. */
export function limitOf({ busy, latenessP99Ms }: Omit<DriverState, 'limitedBy'>): string | undefined {
  if (busy >= busyMax) return `the driver's event loop was busy ${Math.round(busy * 100)} % of the time`
  if (latenessP99Ms > latenessP99MsMax) {
    return `1 % of the requests left more than ${Math.round(latenessP99Ms)} ms late`
  }
  return undefined
}

/** Watches this process from now on. */
export function watchDriver(): (load: { latenessP99Ms: number; waited: number }) => DriverState {
  const loop = performance.eventLoopUtilization()
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  return (load) => {
    const { user, system } = process.cpuUsage(cpu)
    const state = {
      cpuShare: (user + system) / 1000 / (performance.now() - startMs),
      busy: performance.eventLoopUtilization(loop).utilization,
      ...load,
    }
    const limitedBy = limitOf(state)
    return limitedBy === undefined ? state : { ...state, limitedBy }
  }
}
