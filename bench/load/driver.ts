import { runClosedLoop } from './closed-loop.ts'
import { runOpenLoop } from './open-loop.ts'
import type { Job, LoadReport } from './report.ts'

/** What the driver tells its parent. */
export type DriverMessage =
  /** The warm-up is over. */
  | { readonly kind: 'window' }
  | { readonly kind: 'report'; readonly report: LoadReport }
  | { readonly kind: 'error'; readonly message: string }

const tell = (message: DriverMessage) => process.send?.(message)

/**
 * The driver's process: one job, one report. It is a process of its own so that nothing else delays it and its own use
 * of the CPU can be told apart.
 */
// Also when the parent is gone: nobody would want the report.
process.once('disconnect', () => process.exit())

process.once('message', async (job: Job) => {
  try {
    const onWindow = () => tell({ kind: 'window' })
    const run = job.kind === 'closed' ? runClosedLoop(job, onWindow) : runOpenLoop(job, onWindow)
    tell({ kind: 'report', report: await run })
  } catch (error) {
    tell({ kind: 'error', message: (error as Error).message })
  } finally {
    process.disconnect?.()
  }
})
