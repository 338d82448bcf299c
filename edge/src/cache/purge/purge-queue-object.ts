import { DurableObject } from 'cloudflare:workers'
import { callPurgeApi } from './purge-api.ts'
import { defaultPurgeLimit, type PurgeBacklog, type PurgeLimit, PurgeQueue } from './purge-queue.ts'

/** Bindings of the queue, in addition to its storage. */
export interface PurgeQueueBindings {
  readonly ZONE_ID?: string
  readonly ZONE_PURGE_TOKEN?: string
  /** `{ "callsPerSecond": n, "bucket": n }`, according to the account's plan. */
  readonly PURGE_LIMIT?: string
  readonly ANALYTICS?: AnalyticsEngineDataset
}

/** A purge that waits longer than this is a fault, in milliseconds. */
const lateMs = 30_000

/** The zone's {@link PurgeQueue} as a Durable Object: one for all isolates in all data centres. */
export class PurgeQueueObject extends DurableObject<PurgeQueueBindings> {
  readonly #queue: PurgeQueue

  constructor(state: DurableObjectState, bindings: PurgeQueueBindings) {
    super(state, bindings)
    const { ZONE_ID: zoneId = '', ZONE_PURGE_TOKEN: apiToken = '', PURGE_LIMIT: limit } = bindings
    const { sql } = state.storage
    sql.exec(
      'CREATE TABLE IF NOT EXISTS waiting (place INTEGER PRIMARY KEY AUTOINCREMENT, tag TEXT UNIQUE, since_ms REAL)',
    )
    const now = Date.now
    this.#queue = new PurgeQueue({
      storage: {
        *load() {
          const rows = sql.exec<{ tag: string; since_ms: number }>(
            'SELECT tag, since_ms FROM waiting ORDER BY place',
          )
          for (const { tag, since_ms: sinceMs } of rows) yield [tag, sinceMs] as const
        },
        put: (tags, sinceMs) => {
          for (const tag of tags) {
            sql.exec('INSERT OR IGNORE INTO waiting (tag, since_ms) VALUES (?, ?)', tag, sinceMs)
          }
        },
        remove: (tags) => {
          for (const tag of tags) sql.exec('DELETE FROM waiting WHERE tag = ?', tag)
        },
        wakeAt: (atMs) => void state.storage.setAlarm(atMs),
      },
      call: (tags) => callPurgeApi(tags, { zoneId, apiToken, now, fetch: (url, init) => fetch(url, init) }),
      now,
      // The cast: `readConfig` rejects a Worker with an invalid limit.
      limit: limit === undefined ? defaultPurgeLimit : (JSON.parse(limit) as PurgeLimit),
      onBacklog: (backlog) => this.#reportBacklog(backlog),
    })
  }

  /** Stores the tags durably before the caller sees the result: the runtime holds the response until then. */
  add(tags: readonly string[]): void {
    this.#queue.add(tags)
  }

  override alarm(): Promise<void> {
    return this.#queue.run()
  }

  #reportBacklog({ sent, failure, waiting, oldestMs }: PurgeBacklog): void {
    // Same columns as `observe/analytics.ts`, where status, duration, origin and weight belong to answers.
    this.env.ANALYTICS?.writeDataPoint({
      indexes: ['purge-queue'],
      blobs: ['', 'purge-queue', failure ?? '', ''],
      doubles: [sent, oldestMs, waiting, 1],
    })
    if (failure === undefined && oldestMs < lateMs) return
    const message = `${waiting} tags wait to be purged, the oldest for ${Math.round(oldestMs / 1000)} s`
    const observation = { kind: 'fault', what: 'purge', where: 'zone', message, failure }
    // A refused call is normal at the plan's limit; a late purge is not.
    console.log(JSON.stringify({ level: oldestMs < lateMs ? 'warn' : 'error', ...observation }))
  }
}
