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
 * The driver's process: a report for each job, one after the other. It is a process of its own so that nothing else
 * delays it and its own use of the CPU can be told apart.
 */
process.on('message', async (job: Job) => {
  const onWindow = () => tell({ kind: 'window' })
  try {
    const report = job.kind === 'closed' ? runClosedLoop(job, onWindow) : runOpenLoop(job, onWindow)
    tell({ kind: 'report', report: await report })
  } catch (error) {
    tell({ kind: 'error', message: (error as Error).message })
  }
})

// The parent is gone: nobody wants the report.
process.once('disconnect', () => process.exit())
