import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Plan } from './plan.ts'
import type { PlanReport, Progress, RunPlanOptions } from './run-plan.ts'

const file = join(import.meta.dirname, 'driver.ts')

type Message =
  | { readonly started: true }
  | { readonly progress: Progress }
  | { readonly report: PlanReport }
  | { readonly error: string }

export interface DrivePlanOptions extends RunPlanOptions {
  /** Called at the time from which the scenario's times count. */
  readonly onStart?: () => void
  /** Ends the driver. */
  readonly signal?: AbortSignal
}

/**
 * Runs a plan in a process of its own: nothing else delays it, and its CPU use is known.
 *
 * @throws Error if the driver fails; failures of the target are in the report
 */
export async function drivePlan(plan: Plan, options: DrivePlanOptions = {}): Promise<PlanReport> {
  const { onStart, onProgress, watched = {}, signal } = options
  signal?.throwIfAborted()
  const child = fork(file, { serialization: 'advanced', ...(signal !== undefined && { signal }) })
  try {
    child.send({ plan, watched })
  } catch (error) {
    child.kill()
    throw error
  }
  return new Promise((resolve, reject) => {
    child.on('message', (message: Message) => {
      if ('started' in message) onStart?.()
      else if ('progress' in message) onProgress?.(message.progress)
      else if ('report' in message) resolve(message.report)
      else reject(new Error(`the driver failed: ${message.error}`))
    })
    child.once('error', reject)
    child.once('exit', (code, by) => reject(new Error(`the driver ended without a report (${by ?? code})`)))
  })
}
