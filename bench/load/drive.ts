import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Job, LoadReport } from './report.ts'

const file = join(import.meta.dirname, 'driver.ts')

/**
 * Runs a job in a process of its own.
 *
 * @param signal ends the process
 * @throws Error where the driver failed; a target that fails is in the report
 */
export async function drive(job: Job, signal?: AbortSignal): Promise<LoadReport> {
  signal?.throwIfAborted()
  const child = fork(file, { serialization: 'advanced', ...(signal !== undefined && { signal }) })
  child.send(job)
  const message = await new Promise<{ report: LoadReport } | { error: string }>((resolve, reject) => {
    child.once('message', (value) => resolve(value as { report: LoadReport }))
    child.once('error', reject)
    child.once('exit', (code, by) => reject(new Error(`the driver ended without a report (${by ?? code})`)))
  })
  if ('error' in message) throw new Error(`the driver failed: ${message.error}`)
  return message.report
}
