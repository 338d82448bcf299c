import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Collection } from 'mongodb'
import { request } from 'undici'
import { type Asked, pathOfExport } from './take-export.ts'

/** Time without activity after which the database counts as idle. */
const stillMs = 2_000
const pollMs = 10

/** Documents returned within `pollMs` from which the database counts as reading for an export: a page has hundreds. */
const leastRows = 50

/**
 * Waits until the database reads no rows of an export any more and keeps no cursor of the collection. The origin's own
 * work goes on meanwhile (leases, schedules, the log of events), and returns a document or two at a time.
 *
 * @returns time from the call to the last activity, in ms
 */
export async function untilDatabaseIsFree(collection: Collection): Promise<number> {
  const startMs = performance.now()
  let freeSinceMs = startMs
  let last = await activityOf(collection)
  while (performance.now() - freeSinceMs < stillMs) {
    await sleep(pollMs)
    const now = await activityOf(collection)
    if (now.returned - last.returned >= leastRows || now.cursors > 0) freeSinceMs = performance.now()
    if (performance.now() - startMs > 60_000) return Number.POSITIVE_INFINITY
    last = now
  }
  return freeSinceMs - startMs
}

/** Cursors of the collection that wait for their caller, and documents that the server has returned since its start. */
async function activityOf({
  db,
  namespace,
}: Collection): Promise<{ readonly cursors: number; readonly returned: number }> {
  const admin = db.client.db('admin')
  const [{ metrics }, cursors] = await Promise.all([
    admin.command({ serverStatus: 1, metrics: 1 }),
    admin
      .aggregate([{ $currentOp: { idleCursors: true } }, { $match: { type: 'idleCursor', ns: namespace } }])
      .toArray(),
  ])
  return { cursors: cursors.length, returned: Number(metrics.document.returned) }
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
