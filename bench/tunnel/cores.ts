import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Core of everything but the connector, and that of the connector. */
export const [restCore, connectorCore] = [0, 1] as const

/** Reason why the connector cannot have a core of its own; or `undefined`. */
export function lacksCores(): string | undefined {
  if (process.platform !== 'linux') return 'processes are bound to cores by taskset, which only Linux has'
  if (availableParallelism() < 2) return 'two cores are needed, one of them for the connector'
  return undefined
}

/** Binds this process with all of its threads, and so the processes that it will start. */
export const bindTo = (core: number): void =>
  void execFileSync('taskset', ['-a', '-c', '-p', String(core), String(process.pid)], { stdio: 'ignore' })

/** Command that starts a program on a core. */
export const onCore = (core: number): readonly string[] => ['taskset', '-c', String(core)]
