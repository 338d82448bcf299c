import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import type { Workload } from './workload.ts'

/** Reads the ETags that conditional requests need. @throws Error if a document cannot be read */
export async function learnEtags(
  target: string,
  workload: Workload,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const ids = workload.idsToLearn
  if (ids.length === 0) return
  const pool = new Pool(target, { connections: 16 })
  try {
    await Promise.all(
      ids.map(async (id) => {
        const path = `/v2/places/${id}`
        const ask = async () => {
          const answer = await pool.request({ path, method: 'GET', headers: { ...headers } })
          await answer.body.dump()
          return answer
        }
        let answer = await ask()
        // The target may still be busy with the previous load.
        for (let retries = 0; answer.statusCode === 503 && retries < 20; retries++) {
          await sleep(250)
          answer = await ask()
        }
        const { etag } = answer.headers
        if (answer.statusCode !== 200 || typeof etag !== 'string') {
          throw new Error(`${path} is answered ${answer.statusCode}, ETag ${String(etag)}`)
        }
        workload.learn(id, etag)
      }),
    )
  } finally {
    await pool.close()
  }
}
