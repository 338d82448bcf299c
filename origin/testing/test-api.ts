import { type Client, connect } from '@spillway/origin/client'
import {
  type Application,
  type DocumentOf,
  type FieldsOf,
  headers as names,
  type Principal,
  type Resource,
} from '@spillway/origin/contract'
import { noServerCode, type ServerCode } from '../src/server-code.ts'
import { startTestApp } from '../test/support/app.ts'
import { assertionOf } from '../test/support/assertions.ts'
import { type RecordedEvent, recordedEvents } from './recorded-events.ts'
import { TestClock } from './test-clock.ts'
import { type FailedWork, startTestWork } from './test-work.ts'

export interface TestApiOptions<App extends Application> {
  readonly application: App
  /** Code of its actions, queries and guards, of its handlers of events and its jobs. @default none */
  readonly server?: ServerCode
  /** RFC 3339 time at which the clock stands. @default the time of the start */
  readonly startsAt?: string
}

/** A caller, as the edge describes one whose token it has checked. */
export type Caller = Omit<Principal, 'scopes'> & { readonly scopes?: readonly string[] }

/** Time for a request, in ms: a test should fail by what it sees, not by a busy machine. */
const timeoutMs = 30_000

/** An application in a test. */
export interface TestApi<App extends Application> extends AsyncDisposable {
  /** The typed client of a caller; without one, of somebody without a token. */
  as(caller?: Caller): Client<App>
  /** Stores a document as it is given: no access rule, check, guard or reference is evaluated. */
  insert<One extends Resource>(resource: One, fields: FieldsOf<One>): Promise<DocumentOf<One>>
  readonly clock: TestClock
  /**
   * Waits until handlers have had every event and jobs have run at every time, up to the clock's time. Attempts that follow
   * later need a clock that has moved.
   *
   * @returns attempts that have failed since the last call
   * @throws {Error} after 30 s
   */
  settled(): Promise<readonly FailedWork[]>
  /** Cache tags that writes have purged, in order. Each test may empty it: `purged.length = 0`. */
  readonly purged: string[]
  /** Events of the writes so far, of resources with `events`. */
  events(): Promise<readonly RecordedEvent[]>
  stop(): Promise<void>
}

/**
 * Starts an application in this process: its origin, behind real sockets, with an empty database of its own that has the
 * application's indexes. The database server is that of the test run (`@spillway/origin/testing/mongod`).
 *
 * The edge is not part of it: tokens are not verified, since each caller is given, and nothing is cached.
 */
export async function startTestApi<App extends Application>({
  application,
  server = noServerCode,
  startsAt = new Date().toISOString(),
}: TestApiOptions<App>): Promise<TestApi<App>> {
  const clock = new TestClock(startsAt)
  const origin = await startTestApp({
    application,
    clock: () => clock.nowMs,
    server,
  })
  const purged: string[] = []
  const work = await startTestWork({
    ...{ application, server, database: origin.database },
    clock: () => clock.nowMs,
    onPurge: (tags) => void purged.push(...tags),
  })
  const stop = async (): Promise<void> => {
    await work.stop()
    await origin.stop()
  }

  /** Sends a request as the edge does: with an assertion about the caller in place of their token. */
  const fetchAs = (caller: Principal | undefined) => async (url: string, init: RequestInit) => {
    const headers = new Headers(init.headers)
    headers.delete('authorization')
    headers.set(names.assertion, await assertionOf(caller, clock.nowMs))
    headers.set(names.timeoutMs, String(timeoutMs))
    const answer = await fetch(url, { ...init, headers })
    const tags = answer.headers.get(names.purgeTag)
    if (tags !== null) purged.push(...tags.split(','))
    return answer
  }

  return {
    clock,
    purged,
    as(caller) {
      const principal = caller && { scopes: [], ...caller }
      return connect<App>({
        url: `http://127.0.0.1:${origin.port}`,
        timeoutMs,
        fetch: fetchAs(principal),
        // The client sends idempotency keys for callers with a token alone.
        ...(principal !== undefined && { token: principal.subject }),
      })
    },
    async insert(resource, fields) {
      const made = await origin.repository.create(resource, { fields }, undefined, {
        deadline: performance.now() + 10_000,
      })
      if (made.kind !== 'created') throw new Error(`Inserting into '${resource.name}': ${made.kind}`)
      const { id, createdAt, updatedAt, fields: stored } = made.document
      // The cast: the document has the resource's fields, and those of the system.
      return { ...stored, id, createdAt, updatedAt } as DocumentOf<typeof resource>
    },
    events() {
      const { db, pool } = origin.database
      return recordedEvents(db, pool.bounds, application.resources.values())
    },
    settled: work.settled,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
