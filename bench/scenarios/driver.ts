import type { Plan } from './plan.ts'
import { runPlan } from './run-plan.ts'

/** Driver process: runs one plan, and prints progress and one report. */
process.once('message', async ({ plan, watched }: { plan: Plan; watched: Record<string, number[]> }) => {
  /**
   * Resolves when the message has left: one of an hour exceeds the channel's buffer, and disconnecting would drop it.
   */
  const say = (message: object) =>
    new Promise<void>((resolve) => process.send?.(message, undefined, undefined, () => resolve()))
  try {
    void say({ started: true })
    const report = await runPlan(plan, { watched, onProgress: (progress) => void say({ progress }) })
    await say({ report })
  } catch (error) {
    // The cast is safe: what it calls throws errors.
    await say({ error: (error as Error).message })
  } finally {
    process.disconnect?.()
  }
})
