/** Program: configuration → process → serve → drain on a signal. */
import cluster from 'node:cluster'
import { parseConfig } from './config.ts'
import { startOrigin } from './process.ts'
import { supervise } from './supervise.ts'
import { reportAsWorker } from './worker.ts'

/** @returns the code to exit with */
async function main(): Promise<number> {
  const config = parseConfig(process.env)
  if (cluster.isPrimary && config.processes > 1) return supervise(config)
  const origin = await startOrigin(config)
  if (cluster.isWorker) reportAsWorker(origin)
  process.on('SIGHUP', () => void origin.reloadKeys())
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
  const timer = setTimeout(() => {
    console.error(`The drain took longer than ${config.drainTimeoutMs} ms: work was cut off.`)
    process.exit(1)
  }, config.drainTimeoutMs)
  await origin.drain()
  clearTimeout(timer)
  return 0
}

function explain(error: unknown): string {
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE') {
    return `Port ${port} is in use: stop what listens on it, or set PORT to a free one.`
  }
  if (code === 'EACCES') return `Port ${port} may not be used by this user: set PORT to one above 1023.`
  return message
}

main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(explain(error))
    process.exit(1)
  },
)
