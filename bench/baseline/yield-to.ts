import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'

/** A third of the weight of a thread of nice 0 (`sched_prio_to_weight` in the Linux kernel). */
const nice = 5

/**
 * Gives priority to processes that are started later, such as the driver: it shares the machine with what it measures,
 * and would otherwise measure its own wait for a processor. All designs are treated alike. On Linux the priority
 * belongs to a thread.
 */
export function yieldTo(pids: readonly number[]): void {
  for (const pid of pids) {
    if (pid === process.pid) continue
    for (const thread of threadsOf(pid)) {
      try {
        setPriority(thread, nice)
      } catch {
        // The thread has ended meanwhile.
      }
    }
  }
}

function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    return [pid]
  }
}
