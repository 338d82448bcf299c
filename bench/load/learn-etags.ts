import { Pool } from 'undici'
import type { Workload } from './workload.ts'

/** Asks for the ETags that conditional requests will need. @throws Error where a document cannot be read */
export async function learnEtags(
  target: string,
  workload: Workload,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const ids = workload.idsToLearn
  if (ids.length === 0) return
  const pool = new Pool(target, { connections: 8 })
  try {
    await Promise.all(
      ids.map(async (id) => {
        const path = `/v2/places/${id}`
        const answer = await pool.request({ path, method: 'GET', headers: { ...headers } })
        await answer.body.dump()
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
