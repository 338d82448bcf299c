import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { DriverMessage } from './driver.ts'
import type { Job, ReportOf } from './report.ts'

const file = join(import.meta.dirname, 'driver.ts')

/** Idle driver processes, kept for reuse: a new one would spend its first job on compiling its own code. */
const idle: ChildProcess[] = []

export interface DriveOptions {
  /** Called when the warm-up ends and the measurement begins. */
  readonly onWindow?: () => void
}

/**
 * Runs a job in a process of its own.
 *
 * @throws Error if the driver fails; failures of the target are in the report
 */
export async function drive<J extends Job>(job: J, { onWindow }: DriveOptions = {}): Promise<ReportOf<J>> {
  const child = idle.pop() ?? fork(file, { serialization: 'advanced' })
  hold(child, true)
  const { promise, resolve, reject } = Promise.withResolvers<ReportOf<J>>()
  child.on('message', (message: DriverMessage) => {
    if (message.kind === 'window') onWindow?.()
    // The cast is safe: the driver reports on the job that it was given.
    else if (message.kind === 'report') resolve(message.report as ReportOf<J>)
    else reject(new Error(`the driver failed: ${message.message}`))
  })
  child.once('error', reject)
  child.once('exit', (code, by) => reject(new Error(`the driver ended without a report (${by ?? code})`)))
  child.send(job)
  try {
    const report = await promise
    idle.push(child)
    return report
  } catch (error) {
    child.kill()
    throw error
  } finally {
    child.removeAllListeners()
    hold(child, false)
  }
}

/** Lets the child keep this process alive, or not. When this process ends, so does the child: their channel closes. */
function hold(child: ChildProcess, waits: boolean): void {
  if (waits) {
    child.ref()
    child.channel?.ref()
  } else {
    child.unref()
    child.channel?.unref()
  }
}
