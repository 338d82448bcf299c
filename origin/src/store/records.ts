import type { Priority } from '@spillway/origin/contract'
import { ticker } from '../lib/ticker.ts'
import type { BatchItem, Waiting } from './batch-item.ts'
import { Batcher, type BatcherCounts, type BatcherOptions, type Gathering } from './batcher.ts'
import { CommandRoom, type RoomSeeker } from './command-room.ts'
import type { StoredRecord } from './envelope.ts'
import type { Listing, Tally } from './listing.ts'
import type { MongoCommands, Replacement } from './mongo-commands.ts'
import { RecentVersions } from './recent-versions.ts'
import type { Call, NotDone, NotDoneReason } from './repository.ts'
import {
  type FindOutcome,
  type ListingOutcome,
  settleFinds,
  settleListing,
  type TallyOutcome,
} from './settle-reads.ts'
import {
  type PendingWrite,
  settleInserts,
  settleReplacements,
  type WriteEnvironment,
  type WriteOutcome,
} from './settle-writes.ts'
import type { TraceCommand } from './trace-command.ts'
import type { WithoutDrained } from './without-drained.ts'

/** Limits of one lane: see `BatcherOptions`. */
export interface LaneLimits {
  readonly itemsMax: number
  readonly bytesMax: number
  readonly inflightMax: number
  readonly overlapItems: number
  readonly patienceMs: number
  readonly patienceMaxMs?: number
  readonly expectedShareMax?: Readonly<Record<Priority, number>>
  readonly gathering?: Gathering
  readonly waitingMax: number
}

export interface RecordsOptions {
  readonly finds: LaneLimits
  readonly lists: LaneLimits
  readonly writes: LaneLimits
  /**
   * Maximum lists in flight, over all collections. Lists may be slow, and reads by id, which may be critical, use the
   * same connections: this reserves some for them. @default only the lanes' own limits
   */
  readonly listsInflightMax?: number
  /** Maximum commands in flight, over all lanes: connections of the pool. @default no limit */
  readonly commandsInflightMax?: number
}

/**
 * Batch limits. The number of items keeps a batch at milliseconds of work; the bytes stay well below a message's 48 MB.
 *
 * Lists of all collections may use half of the pool, and those of one collection three quarters of that half: so
 * another collection still finds room (from eight connections on), and lists need not wait for a slow database while
 * connections are idle.
 *
 * @param poolSize connections of this process. @default 16
 */
export function joined(poolSize = 16): RecordsOptions {
  const listsInflightMax = Math.max(1, poolSize >> 1)
  return {
    finds: {
      itemsMax: 128,
      bytesMax: 65_536,
      inflightMax: 3,
      overlapItems: 64,
      patienceMs: 10,
      patienceMaxMs: 250,
      waitingMax: 4_096,
    },
    lists: {
      itemsMax: 1,
      bytesMax: 65_536,
      inflightMax: Math.ceil(listsInflightMax * 0.75),
      overlapItems: 1,
      patienceMs: 0,
      // Shares below one leave time for more important lists that come later. A standing queue serves as many lists,
      // however long it is: a longer one only makes each of them wait (decision 67).
      expectedShareMax: { critical: 1, normal: 0.35, background: 0.2 },
      waitingMax: 1_024,
    },
    writes: {
      itemsMax: 128,
      bytesMax: 4_194_304,
      inflightMax: 2,
      overlapItems: 64,
      patienceMs: 20,
      patienceMaxMs: 250,
      gathering: { delayMs: 5, siblingsMin: 8 },
      waitingMax: 2_048,
    },
    listsInflightMax,
    commandsInflightMax: poolSize,
  }
}

const alone: LaneLimits = {
  itemsMax: 1,
  bytesMax: Number.POSITIVE_INFINITY,
  inflightMax: Number.POSITIVE_INFINITY,
  overlapItems: 1,
  patienceMs: 0,
  waitingMax: Number.POSITIVE_INFINITY,
}

/** One command per item: the baseline for measuring and testing batches. */
export const unjoined: RecordsOptions = { finds: alone, lists: alone, writes: alone }

/** Clock, sleep, randomness and event loop. */
export type RecordsEnvironment = Pick<WriteEnvironment, 'now' | 'sleep' | 'random'> &
  Pick<BatcherOptions<never, never>, 'atTurnEnd' | 'after'> & {
    /** @default records as they are stored */
    readonly withoutDrained?: WithoutDrained
    /** @default none */
    readonly traceCommand?: TraceCommand | undefined
    /** Called with the time for which a batch waited for a connection, in ms. @default none */
    readonly onRoomWait?: ((waitMs: number) => void) | undefined
  }

export type Lane = 'find' | 'list' | 'insert' | 'replace'

/** Interval of the checks for deadlines and aborts, in ms. */
const tickMs = 5

interface Lanes {
  readonly find: Batcher<string, FindOutcome>
  /** Counts share the lane of lists, because they cost the database as much. */
  readonly list: Batcher<Listing | Tally, ListingOutcome | TallyOutcome>
  readonly insert: Batcher<PendingWrite, WriteOutcome>
  readonly replace: Batcher<PendingWrite, WriteOutcome>
}

/**
 * Records of collections. Callers ask for one item each; items that wait at the same time share one database command.
 * Each collection has four lanes, because a command has one kind: finds by id, lists, inserts, replacements.
 *
 * Reads see the caller's own writes: a write is acknowledged when a majority has it, and a read joins only a query that
 * is sent after the read arrived (see `Batcher`), goes to the primary and has majority read concern. So it sees every
 * write that any process acknowledged before the read arrived. Lists follow the same rule: equal lists share the next
 * execution, never one in flight, which may have missed a write through another process.
 */
export class Records {
  readonly #commands: MongoCommands
  readonly #options: RecordsOptions
  readonly #environment: RecordsEnvironment
  readonly #lanes = new Map<string, Lanes>()
  readonly #startTicking = ticker({
    intervalMs: tickMs,
    tick: () => this.#tick(),
    isActive: () => this.#isActive(),
    schedule: (run, delayMs) => this.#environment.after(run, delayMs),
  })
  readonly #room: CommandRoom
  #listsInflight = 0
  #idle: PromiseWithResolvers<void> | undefined

  constructor(commands: MongoCommands, options: RecordsOptions, environment: RecordsEnvironment) {
    this.#commands = commands
    this.#options = options
    this.#environment = environment
    const { commandsInflightMax: commandsMax = Number.POSITIVE_INFINITY } = options
    this.#room = new CommandRoom({ commandsMax, now: environment.now, onWait: environment.onRoomWait })
  }

  find(collection: string, id: string, call: Call): Promise<FindOutcome> {
    return this.#lanesOf(collection).find.submit({ key: id, value: id, bytes: id.length }, call)
  }

  /**
   * Runs a list. Lists with the same database query are joined across callers. The text of the request would
   * not do as the key: two versions may use one name for two fields, and two principals may see different documents.
   */
  async list(collection: string, listing: Listing, call: Call): Promise<ListingOutcome> {
    const outcome = await this.#list(collection, listing, call)
    if (outcome.kind === 'tally') throw new TypeError('a list counts nothing')
    return outcome
  }

  /** Counts the documents of a list. */
  async count(collection: string, tally: Tally, call: Call): Promise<TallyOutcome> {
    const outcome = await this.#list(collection, tally, call)
    if (outcome.kind === 'records') throw new TypeError('a count lists nothing')
    return outcome
  }

  #list(collection: string, value: Listing | Tally, call: Call): Promise<ListingOutcome | TallyOutcome> {
    const key = JSON.stringify(value)
    return this.#lanesOf(collection).list.submit({ key, value, bytes: key.length }, call)
  }

  insert(collection: string, record: StoredRecord, call: Call): Promise<WriteOutcome> {
    return this.#lanesOf(collection).insert.submit(submissionOf(record, 0), call)
  }

  replace(collection: string, { record, expected }: Replacement, call: Call): Promise<WriteOutcome> {
    return this.#lanesOf(collection).replace.submit(submissionOf(record, expected), call)
  }

  /** Totals per lane and collection, for metrics. */
  *counts(): Generator<{
    readonly collection: string
    readonly lane: Lane
    readonly waiting: number
    readonly counts: BatcherCounts
  }> {
    for (const [collection, lanes] of this.#lanes) {
      for (const lane of ['find', 'list', 'insert', 'replace'] as const) {
        yield { collection, lane, waiting: lanes[lane].waiting, counts: lanes[lane].counts }
      }
    }
  }

  /** Resolves when no item waits or is in flight. */
  idle(): Promise<void> {
    if (!this.#isActive()) return Promise.resolve()
    this.#idle ??= Promise.withResolvers()
    return this.#idle.promise
  }

  #lanesOf(collection: string): Lanes {
    let lanes = this.#lanes.get(collection)
    if (lanes === undefined) {
      lanes = this.#openLanes(collection)
      this.#lanes.set(collection, lanes)
    }
    return lanes
  }

  #openLanes(collection: string): Lanes {
    const commands = this.#commands
    const { finds, lists, writes, listsInflightMax = Number.POSITIVE_INFINITY } = this.#options
    const { now, atTurnEnd, after, traceCommand } = this.#environment
    const { withoutDrained = (same) => same } = this.#environment
    const find = (ids: readonly string[], timeoutMs: number) =>
      commands.find(collection, ids, timeoutMs).then(withoutDrained)
    const versions = new RecentVersions()
    const onReplaced = ({ _id, _v }: StoredRecord) => versions.note(_id, _v, now())
    const environment = { ...this.#environment, find, onReplaced }
    // Versions of adopted documents are digests, which have no order. One command for each write tells its outcome.
    const isForeign = commands.layoutOf(collection) !== undefined
    const replaces = isForeign ? { ...writes, itemsMax: 1, inflightMax: 2 * writes.inflightMax } : writes
    const read = {
      refused: notDone,
      overtaken: (_: unknown, reason: 'deadline' | 'aborted') => notDone(reason),
    }
    // Keeps a write in flight even if its caller has left: its record is written anyway.
    const write = {
      refused: notDone,
      overtaken: ({ isSent }: PendingWrite, reason: 'deadline' | 'aborted') =>
        reason === 'aborted' ? undefined : isSent ? unknown : notDone('unavailable'),
    }
    const shared = { now, atTurnEnd, after, onActive: this.#startTicking }
    const lane = <Value, Outcome>(
      name: Lane,
      options: Omit<BatcherOptions<Value, Outcome>, keyof typeof shared | 'onSend'>,
    ): Batcher<Value, Outcome> => {
      const onSend =
        traceCommand && ((callers: Iterable<Waiting>) => traceCommand(`${collection} ${name}`, callers))
      const isFree = (): boolean => options.hasRoom?.() !== false
      const hasRoom = (): boolean => isFree() && this.#room.hasRoomFor(seeker)
      const execute = (batch: readonly BatchItem<Value, Outcome>[]): Promise<void> =>
        this.#room.run(seeker, () => options.execute(batch))
      const opened = new Batcher<Value, Outcome>({ ...shared, ...options, hasRoom, execute, onSend })
      const seeker: RoomSeeker = {
        get isDue() {
          return opened.isDue && isFree()
        },
        joins: options.itemsMax > 1,
        offer: () => opened.offer(),
      }
      return opened
    }
    return {
      find: lane<string, FindOutcome>('find', {
        ...finds,
        ...read,
        equalKeys: 'join',
        execute: (batch) => settleFinds(batch, find, now),
      }),
      list: lane<Listing | Tally, ListingOutcome | TallyOutcome>('list', {
        ...lists,
        ...read,
        equalKeys: 'joinAndQueue',
        hasRoom: () => this.#listsInflight < listsInflightMax,
        execute: async (batch) => {
          this.#listsInflight += 1
          try {
            for (const item of batch) {
              await settleListing(
                item,
                (timeoutMs) => ask({ commands, withoutDrained }, collection, item.value, timeoutMs),
                now,
              )
            }
          } finally {
            this.#listsInflight -= 1
            this.#offerListRoom(collection)
          }
        },
      }),
      insert: lane<PendingWrite, WriteOutcome>('insert', {
        ...writes,
        ...write,
        equalKeys: 'queue',
        execute: (batch) =>
          settleInserts(batch, (records) => commands.insert(collection, records), environment),
      }),
      replace: lane<PendingWrite, WriteOutcome>('replace', {
        ...replaces,
        ...write,
        equalKeys: 'queue',
        precluded: ({ record, expected }, since) => {
          if (isForeign) return undefined
          const kind = versions.verdict(record._id, expected, since)
          return kind && { kind }
        },
        execute: (batch) =>
          settleReplacements(batch, (replacements) => commands.update(collection, replacements), environment),
      }),
    }
  }

  /**
   * Offers free room to lists of other collections that are at least as important as those of this one, the most
   * important first and equal ones in turn. If all are less important, this collection takes the room at the end of the
   * turn.
   */
  #offerListRoom(collection: string): void {
    const names = [...this.#lanes.keys()]
    const own = names.indexOf(collection)
    const rank = this.#lanesOf(collection).list.firstRank
    const lists = [...names.slice(own + 1), ...names.slice(0, own)]
      .flatMap((name) => this.#lanes.get(name)?.list ?? [])
      .filter(({ waiting, firstRank }) => waiting > 0 && firstRank <= rank)
    lists.sort((one, other) => one.firstRank - other.firstRank)
    for (const list of lists) list.tick()
  }

  #isActive(): boolean {
    for (const lanes of this.#lanes.values()) {
      if (lanes.find.isActive || lanes.list.isActive || lanes.insert.isActive || lanes.replace.isActive)
        return true
    }
    return false
  }

  #tick(): void {
    for (const { find, list, insert, replace } of this.#lanes.values()) {
      find.tick()
      list.tick()
      insert.tick()
      replace.tick()
    }
    if (this.#isActive()) return
    this.#idle?.resolve()
    this.#idle = undefined
  }
}

async function ask(
  { commands, withoutDrained }: { readonly commands: MongoCommands; readonly withoutDrained: WithoutDrained },
  collection: string,
  value: Listing | Tally,
  timeoutMs: number,
): Promise<ListingOutcome | TallyOutcome> {
  if ('countMax' in value) {
    return { kind: 'tally', value: await commands.count(collection, value, timeoutMs) }
  }
  const records = await withoutDrained(await commands.list(collection, value, timeoutMs))
  return { kind: 'records', records }
}

const notDone = (reason: NotDoneReason): NotDone => ({ kind: 'notDone', reason })
const unknown = { kind: 'unknown' } as const

const submissionOf = (record: StoredRecord, expected: number) => ({
  key: record._id,
  value: { record, expected, isSent: false },
  bytes: approximateBytes(record),
})

/** Approximate bytes suffice: they only keep a large document out of a batch with a hundred others. */
export function approximateBytes(value: unknown): number {
  if (typeof value === 'string') return value.length + 8
  if (typeof value !== 'object' || value === null) return 8
  let bytes = 8
  if (Array.isArray(value)) {
    for (const item of value) bytes += approximateBytes(item) + 4
  } else {
    // The cast is safe: `name` is a member of this object.
    for (const name in value)
      bytes += name.length + 2 + approximateBytes((value as Record<string, unknown>)[name])
  }
  return bytes
}
