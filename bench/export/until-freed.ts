import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from 'mongodb'
import { request } from 'undici'
import { type Asked, pathOfExport } from './take-export.ts'

/** Time without activity after which the database counts as idle. */
const stillMs = 2_000
const pollMs = 10

/**
 * Waits until the database reads nothing more and has no open cursor. Nothing else may use it.
 *
 * @returns time from the call to the last activity, in ms
 */
export async function untilDatabaseIsFree(db: Db, cursorsBefore: number): Promise<number> {
  const startMs = performance.now()
  let freeSinceMs = startMs
  let last = await activityOf(db)
  while (performance.now() - freeSinceMs < stillMs) {
    await sleep(pollMs)
    const now = await activityOf(db)
    if (now.returned !== last.returned || now.cursors > cursorsBefore) freeSinceMs = performance.now()
    if (performance.now() - startMs > 60_000) return Number.POSITIVE_INFINITY
    last = now
  }
  return freeSinceMs - startMs
}

/** Open cursors, and documents returned since the start of the server. */
export async function activityOf(db: Db): Promise<{ readonly cursors: number; readonly returned: number }> {
  const { metrics } = await db.admin().command({ serverStatus: 1, metrics: 1 })
  return { cursors: Number(metrics.cursor.open.total), returned: Number(metrics.document.returned) }
}

const askEveryMs = 50

/**
 * Repeats the request for an export until one of the caller's places is free.
 *
 * @returns time from the call to the answer, in ms
 */
export async function untilPlaceIsFree({ url, token, accept }: Asked): Promise<number> {
  const startMs = performance.now()
  for (;;) {
    const { statusCode, body } = await request(url + pathOfExport, {
      method: 'HEAD',
      headers: { accept, authorization: `Bearer ${token}` },
    })
    await body.dump()
    const takenMs = performance.now() - startMs
    if (statusCode === 200) return takenMs
    if (takenMs > 60_000) return Number.POSITIVE_INFINITY
    await sleep(askEveryMs)
  }
}
