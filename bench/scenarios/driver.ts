import type { Plan } from './plan.ts'
import { runPlan } from './run-plan.ts'

/** Driver process: runs one plan, and prints progress and one report. */
process.once('message', async ({ plan, watched }: { plan: Plan; watched: Record<string, number[]> }) => {
  const say = (message: object) => void process.send?.(message)
  try {
    say({ started: true })
    const report = await runPlan(plan, { watched, onProgress: (progress) => say({ progress }) })
    say({ report })
  } catch (error) {
    // The cast is safe: what it calls throws errors.
    say({ error: (error as Error).message })
  } finally {
    process.disconnect?.()
  }
})
