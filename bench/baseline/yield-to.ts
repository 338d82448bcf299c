import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'

/** A third of the weight of a thread of nice 0 (`sched_prio_to_weight` in the Linux kernel). */
const nice = 5

/**
 * Lets whatever is started later go first: what is under test shares the machine with the driver, and a driver that waits
 * for a processor measures its own wait. Each design is treated alike. On Linux the priority is a thread's own.
 */
export function yieldTo(pids: readonly number[]): void {
  for (const pid of pids) {
    if (pid === process.pid) continue
    for (const thread of threadsOf(pid)) {
      try {
        setPriority(thread, nice)
      } catch {
        // It has ended meanwhile.
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
