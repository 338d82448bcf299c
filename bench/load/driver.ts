import { runClosedLoop } from './closed-loop.ts'
import { runInTurns } from './in-turns.ts'
import { runOpenLoop } from './open-loop.ts'
import type { Job, ReportOf } from './report.ts'

/** Messages from the driver to its parent. */
export type DriverMessage =
  /** The warm-up is over. */
  | { readonly kind: 'window' }
  | { readonly kind: 'report'; readonly report: ReportOf<Job> }
  | { readonly kind: 'error'; readonly message: string }

const tell = (message: DriverMessage) => process.send?.(message)

/**
 * Driver process: runs one job after the other and reports each. Nothing else delays it, and its own CPU use is known.
 */
process.on('message', async (job: Job) => {
  const onWindow = () => tell({ kind: 'window' })
  try {
    tell({ kind: 'report', report: await run(job, onWindow) })
  } catch (error) {
    // The cast is safe: what it calls throws errors.
    tell({ kind: 'error', message: (error as Error).message })
  }
})

function run(job: Job, onWindow: () => void): Promise<ReportOf<Job>> {
  switch (job.kind) {
    case 'closed':
      return runClosedLoop(job, onWindow)
    case 'open':
      return runOpenLoop(job, onWindow)
    case 'turns':
      return runInTurns(job, onWindow)
  }
}

// The parent has ended, so the report has no reader.
process.once('disconnect', () => process.exit())
