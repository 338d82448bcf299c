import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { DriverMessage } from './driver.ts'
import type { Job, LoadReport } from './report.ts'

const file = join(import.meta.dirname, 'driver.ts')

export interface DriveOptions {
  /** Called when the warm-up is over and what is measured begins. */
  readonly onWindow?: () => void
}

/**
 * Runs a job in a process of its own.
 *
 * @throws Error where the driver failed; a target that fails is in the report
 */
export async function drive(job: Job, { onWindow }: DriveOptions = {}): Promise<LoadReport> {
  const child = fork(file, { serialization: 'advanced' })
  const { promise, resolve, reject } = Promise.withResolvers<LoadReport>()
  child.on('message', (message: DriverMessage) => {
    if (message.kind === 'window') onWindow?.()
    else if (message.kind === 'report') resolve(message.report)
    else reject(new Error(`the driver failed: ${message.message}`))
  })
  child.once('error', reject)
  child.once('exit', (code, by) => reject(new Error(`the driver ended without a report (${by ?? code})`)))
  child.send(job)
  return promise
}
