import cluster from 'node:cluster'
import type { Application } from '@spillway/origin/contract'
import { supervise } from './cluster/supervise.ts'
import { reportAsWorker } from './cluster/worker.ts'
import { parseConfig } from './config.ts'
import { noServerCode, type ServerCode } from './server-code.ts'

/**
 * Runs the origin with an application and its server code: configuration → process → serve → drain on a signal → exit.
 */
export function runOrigin(application: Application, server: ServerCode = noServerCode): void {
  run(application, server).then(
    (code) => process.exit(code),
    (error) => {
      console.error(explain(error))
      process.exit(1)
    },
  )
}

/** @returns the exit code */
async function run(application: Application, server: ServerCode): Promise<number> {
  const config = parseConfig(process.env)
  if (cluster.isPrimary && config.processes > 1) return supervise(config)
  const { promise: asked, resolve: stop } = Promise.withResolvers<'stop'>()
  // `on` instead of `once`: without a listener the second signal would kill the process, and signals may come twice,
  // from a service manager and the supervisor, or from a terminal and npm.
  process.on('SIGTERM', () => stop('stop'))
  process.on('SIGINT', () => stop('stop'))
  // Loaded late: it takes half a second, and neither a supervisor nor a mistake in the configuration needs it.
  const { startProcess } = await import('./process.ts')
  const origin = await Promise.race([startProcess(config, application, server), asked])
  // Stopped before it served anything: there is nothing to drain.
  if (origin === 'stop') return 0
  if (cluster.isWorker) reportAsWorker(origin)
  process.on('SIGHUP', () => void origin.reloadKeys())
  await asked
  const timer = setTimeout(() => {
    console.error(`The drain took longer than ${config.drainTimeoutMs} ms: work was cut off.`)
    process.exit(1)
  }, config.drainTimeoutMs)
  await origin.drain()
  clearTimeout(timer)
  return 0
}

function explain(error: unknown): string {
  // The cast is safe: the start throws errors, and absent members are undefined.
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE') {
    return `Port ${port} is in use: stop what listens on it, or set PORT to a free one.`
  }
  if (code === 'EACCES') return `Port ${port} may not be used by this user: set PORT to one above 1023.`
  return message
}
