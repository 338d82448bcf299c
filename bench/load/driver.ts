import { runClosedLoop } from './closed-loop.ts'
import { runOpenLoop } from './open-loop.ts'
import type { Job } from './report.ts'

/**
 * The driver's process: one job, one report. It is a process of its own so that nothing else delays it and its own use
 * of the CPU can be told apart.
 */
process.once('message', async (job: Job) => {
  try {
    const report = job.kind === 'closed' ? await runClosedLoop(job) : await runOpenLoop(job)
    process.send?.({ report })
  } catch (error) {
    process.send?.({ error: (error as Error).message })
  } finally {
    process.disconnect?.()
  }
})
