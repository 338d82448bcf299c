import { DurableObject } from 'cloudflare:workers'
import { callPurgeApi } from './purge-api.ts'
import { defaultPurgeLimit, type PurgeBacklog, type PurgeLimit, PurgeQueue } from './purge-queue.ts'

/** Bindings of the queue, beside its storage. */
export interface PurgeQueueBindings {
  readonly ZONE_ID?: string
  readonly ZONE_PURGE_TOKEN?: string
  /** `{ "callsPerSecond": n, "bucket": n }`, by the account's plan. */
  readonly PURGE_LIMIT?: string
  readonly ANALYTICS?: AnalyticsEngineDataset
}

/** Purges that are later than this are a fault, in milliseconds. */
const lateMs = 30_000

/** The zone's {@link PurgeQueue} as a Durable Object: one for all isolates, in whichever data centre they are. */
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
      // The cast: `readConfig` refuses a Worker whose limit is not one.
      limit: limit === undefined ? defaultPurgeLimit : (JSON.parse(limit) as PurgeLimit),
      onBacklog: (backlog) => this.#tell(backlog),
    })
  }

  /** The tags are on disk before the caller hears of it: the runtime holds answers back until then. */
  add(tags: readonly string[]): void {
    this.#queue.add(tags)
  }

  override alarm(): Promise<void> {
    return this.#queue.run()
  }

  #tell({ sent, failure, waiting, oldestMs }: PurgeBacklog): void {
    // Columns as `observe/analytics.ts` has them: status, duration, origin and weight are those of answers.
    this.env.ANALYTICS?.writeDataPoint({
      indexes: ['purge-queue'],
      blobs: ['', 'purge-queue', failure ?? '', ''],
      doubles: [sent, oldestMs, waiting, 1],
    })
    if (failure === undefined && oldestMs < lateMs) return
    const message = `${waiting} tags wait to be purged, the oldest for ${Math.round(oldestMs / 1000)} s`
    const observation = { kind: 'fault', what: 'purge', where: 'zone', message, failure }
    // A call that is refused is ordinary at the plan's limit. A purge that comes late is not.
    console.log(JSON.stringify({ level: oldestMs < lateMs ? 'warn' : 'error', ...observation }))
  }
}
