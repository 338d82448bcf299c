import { setTimeout as sleep } from 'node:timers/promises'
import type { MongoClient, TopologyDescription } from 'mongodb'
import type { CommandBounds } from './command-bounds.ts'
import { PrimaryUnprovenError } from './database-error.ts'
import { type Hello, type Primary, PrimaryWatch } from './primary-watch.ts'

/** Checks of a read before and after it asks the primary (reasons: {@link ./primary-watch.ts}). */
export interface PrimaryGate {
  /** Counts changes of primary: a read between two equal values used one primary only. */
  readonly changes: number
  /**
   * `undefined` if reads may proceed. Otherwise a new primary has not committed in its own term yet, and reads wait for
   * that.
   * @throws {PrimaryUnprovenError} (by rejecting) after `timeoutMs`
   */
  committed(timeoutMs: number): Promise<void> | undefined
  /** Whether a read that began then and is answered now has certainly seen every acknowledged write. */
  isCertain(beganAtMs: number): boolean
}

/** A gate that lets every read through: for a client that is not monitored, as in scripts. */
export const openGate: PrimaryGate = { changes: 0, committed: () => undefined, isCertain: () => true }

/**
 * Interval at which a new primary is asked whether it has committed, in ms: a commit takes a round trip between
 * members.
 */
const probeMs = 20
const probeTimeoutMs = 1_000

/** Monitors the primary through the driver's events, and asks a new primary until it has committed. */
export function watchPrimary(client: MongoClient, bounds: CommandBounds): PrimaryGate {
  const watch = new PrimaryWatch()
  const now = () => performance.now()
  let isProbing = false

  async function probe(): Promise<void> {
    isProbing = true
    while (watch.proof !== undefined) {
      try {
        const hello = await bounds.run(probeTimeoutMs, (signal) =>
          client.db('admin').command({ hello: 1 }, { readPreference: 'primary', signal }),
        )
        if (hello.isWritablePrimary === true) watch.onHello(String(hello.me), helloOf(hello), now())
      } catch {
        // Ignores the failure: the driver's next heartbeat tells the state of the server.
      }
      await sleep(probeMs, undefined, { ref: false })
    }
    isProbing = false
  }
  const changed = (): void => {
    if (watch.proof !== undefined && !isProbing) void probe()
  }

  client
    .on('topologyDescriptionChanged', ({ newDescription }) => {
      watch.onTopology(primaryOf(newDescription), [...newDescription.servers.keys()], now())
      changed()
    })
    .on('serverHeartbeatSucceeded', ({ connectionId, reply }) => {
      watch.onHello(connectionId, helloOf(reply), now())
      changed()
    })
    // Ends waiting and probing when the client is closed.
    .on('topologyClosed', () => watch.onTopology(undefined, [], now()))
  return {
    get changes() {
      return watch.changes
    },
    committed: (timeoutMs) => watch.proof && withinTime(watch.proof, Math.min(timeoutMs, proofTimeoutMs)),
    isCertain: (beganAtMs) => watch.isCertain(beganAtMs, now()),
  }
}

/**
 * Maximum wait for a new primary to commit, in ms; the same as for finding a primary, since until then none is
 * readable.
 */
const proofTimeoutMs = 800

async function withinTime(proof: Promise<void>, timeoutMs: number): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new PrimaryUnprovenError()), timeoutMs)
  try {
    await Promise.race([proof, promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Servers without a possible second primary: standalone servers, routers, load balancers. */
const unrivalled: ReadonlySet<string> = new Set(['Standalone', 'Mongos', 'LoadBalancer'])

function primaryOf({ servers }: TopologyDescription): Primary | undefined {
  for (const { address, type, electionId } of servers.values()) {
    const isUnrivalled = unrivalled.has(type)
    if (type === 'RSPrimary' || isUnrivalled) {
      return { address, electionId: electionId?.toHexString(), isUnrivalled }
    }
  }
  return undefined
}

/** Members of a `hello` that are used here; a member of an unexpected type counts as absent. */
export function helloOf(reply: Readonly<Record<string, unknown>>): Hello {
  // The cast is safe: every member is checked before use.
  const { electionId, primary, lastWrite } = reply as {
    readonly electionId?: { toHexString?(): string }
    readonly primary?: unknown
    readonly lastWrite?: { readonly majorityOpTime?: { readonly t?: unknown } }
  }
  const term = lastWrite?.majorityOpTime?.t
  return {
    electionId: electionId?.toHexString?.(),
    primary: typeof primary === 'string' ? primary : undefined,
    majorityTerm: typeof term === 'number' ? term : undefined,
  }
}
