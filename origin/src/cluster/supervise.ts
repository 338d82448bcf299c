import cluster, { type Worker } from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { restartDelay } from './restart-delay.ts'
import { WorkerMetrics } from './worker-metrics.ts'

/**
 * One process per core behind one port (decisions/0013-one-port-many-processes.md). The supervisor serves no requests:
 * it starts workers, restarts crashed ones, forwards signals, and aggregates their metrics. Workers exit when the
 * supervisor does, even if it was killed: Node ends them when their IPC channel closes.
 *
 * @returns the exit code, once every worker has ended
 */
export async function supervise(config: Config): Promise<number> {
  const metrics = new WorkerMetrics()
  const { promise: stopped, resolve: stop } = Promise.withResolvers<number>()
  let isStopping = false
  let isFirstStart = true
  let failed = false

  const start = async (crashesBefore: number): Promise<void> => {
    let crashes = crashesBefore
    for (;;) {
      const startedAt = performance.now()
      const worker = cluster.fork()
      metrics.watch(worker)
      const isUp = await Promise.race([once(worker, 'listening'), once(worker, 'exit').then(() => false)])
      if (isUp !== false) {
        isFirstStart = false
        await once(worker, 'exit')
      }
      if (isStopping) {
        // A worker that is still starting may be ended by the signal itself: it had no request to finish, so that is no
        // failure.
        failed ||= isUp !== false && worker.process.exitCode !== 0
        return
      }
      // A worker that cannot start at all (a bad key set, a port in use) has logged why. Retrying would hide it, and so
      // would running with fewer workers.
      if (isFirstStart) {
        failed = true
        end()
        return
      }
      const next = restartDelay(performance.now() - startedAt, crashes)
      crashes = next.crashes
      console.error(`A worker has ended unexpectedly; starting another one in ${next.delayMs} ms.`)
      await sleep(next.delayMs, undefined, { ref: true })
      if (isStopping) return
    }
  }

  const pass = (signal: NodeJS.Signals) => {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill(signal)
  }
  const end = () => {
    if (isStopping) return
    isStopping = true
    pass('SIGTERM')
    // Workers end by themselves within the drain timeout; this ends one that hangs.
    setTimeout(() => {
      pass('SIGKILL')
      stop(1)
    }, config.drainTimeoutMs + 2_000).unref()
  }
  process.on('SIGHUP', () => pass('SIGHUP'))
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end)

  void Promise.all(Array.from({ length: config.processes }, () => start(0))).then(() =>
    stop(isStopping && !failed ? 0 : 1),
  )
  return stopped
}

const once = (worker: Worker, event: 'listening' | 'exit'): Promise<unknown> =>
  new Promise((resolve) => worker.once(event, resolve))
