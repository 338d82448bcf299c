import { readdirSync, readFileSync } from 'node:fs'
import { Client } from 'undici'
import type { Credentials } from '../load/credentials.ts'
import { holdWorkload } from '../load/hold-workload.ts'
import { seededRandom } from '../load/random.ts'
import type { Mix } from '../load/workload.ts'

export interface Counted {
  readonly url: string
  readonly pids: readonly number[]
  readonly ids: readonly string[]
  readonly mix: Mix
  readonly credentials: Credentials
}

const warmUp = 50
const requests = 200

/**
 * Turns of the event loop that one request takes while nothing else goes on: each ends when the process has nothing left to
 * do and waits, which the kernel counts (`voluntary_ctxt_switches` in proc_pid_status(5)). Events that arrive together share
 * a turn, so that it is a lower bound.
 *
 * @returns turns of a request, `NaN` where there is no `/proc`
 */
export async function countTurns({ url, pids, ids, mix, credentials }: Counted): Promise<number> {
  if (process.platform !== 'linux') return Number.NaN
  const { workload, stop } = await holdWorkload({ target: url, ids, mix, credentials }, seededRandom(3))
  const client = new Client(url)
  try {
    const ask = async (count: number) => {
      for (let user = 0; user < count; user++) {
        const { path, method, headers, body = null } = workload.next(user).call
        const answer = await client.request({ path, method, headers, body })
        await answer.body.dump()
      }
    }
    await ask(warmUp)
    const before = waitsOf(pids)
    await ask(requests)
    return (waitsOf(pids) - before) / requests
  } finally {
    stop()
    await client.close()
  }
}

function waitsOf(pids: readonly number[]): number {
  let sum = 0
  for (const pid of pids) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1')
      sum += Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1] ?? 0)
    }
  }
  return sum
}
