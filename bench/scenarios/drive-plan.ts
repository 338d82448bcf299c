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
  /** Called at the moment from which the times of the scenario count. */
  readonly onStart?: () => void
  /** Ends the driver. */
  readonly signal?: AbortSignal
}

/**
 * Runs a plan in a process of its own, so that nothing else delays it and its own use of the CPU can be told apart.
 *
 * @throws Error where the driver failed; a target that fails is in the report
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
