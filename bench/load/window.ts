import { performance } from 'node:perf_hooks'
import { cpuTimeMs } from '../measure/process-table.ts'
import { watchDriver } from './saturation.ts'

/** Readings at both ends of the measured time: CPU clocks of the watched processes and of the driver. */
export class Window {
  readonly startMs = performance.now()
  readonly #watched: Readonly<Record<string, readonly number[]>>
  readonly #before: Readonly<Record<string, number>>
  readonly #driver = watchDriver()

  constructor(watched: Readonly<Record<string, readonly number[]>>) {
    this.#watched = watched
    this.#before = readCpu(watched)
  }

  close(load: { latenessP99Ms: number; waited: number }) {
    const after = readCpu(this.#watched)
    return {
      windowMs: performance.now() - this.startMs,
      // The cast is safe: the same processes are read at both ends.
      cpuMs: Object.fromEntries(
        Object.entries(after).map(([name, ms]) => [name, ms - (this.#before[name] as number)]),
      ),
      driver: this.#driver(load),
    }
  }
}

const readCpu = (watched: Readonly<Record<string, readonly number[]>>) =>
  Object.fromEntries(Object.entries(watched).map(([name, pids]) => [name, cpuTimeMs(pids)]))
