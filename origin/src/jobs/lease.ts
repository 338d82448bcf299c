import type { Collection, Db, UpdateFilter } from 'mongodb'

/** Collection of leases. Names of resources cannot start with an underscore. */
const leases = '_jobs'

/** A lease, as stored. */
interface StoredLease {
  readonly _id: string
  /** `null`: free. */
  readonly holder: string | null
  /** Changes while the holder lives. */
  readonly beat: number
  /** The holder's own report on its work. */
  readonly note?: object
}

export interface LeaseRecord<Note extends object> extends StoredLease {
  readonly note?: Note
}

export interface LeaseTimes {
  /** Time between two signs of life of a holder, in ms. @default 5 000 */
  readonly beatMs: number
  /** Silence after which a holder counts as dead, in ms. @default 30 000 */
  readonly silenceMs: number
}

export const leaseTimes: LeaseTimes = { beatMs: 5_000, silenceMs: 30_000 }

export interface LeaseOptions {
  readonly db: Db
  /** Name of the job. */
  readonly name: string
  /** Name of this process, unique among all. */
  readonly holder: string
  readonly times?: LeaseTimes
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
}

/**
 * Lets one process at a time do a job. A holder counts its beats in the database. Another process takes the lease when
 * it has itself seen no beat for `silenceMs`: so clocks of different machines are never compared, and a crash costs
 * that time. A holder that was paused for longer learns of its loss at its next beat; its work must be safe until then.
 */
export class LeaseSeeker<Note extends object> {
  readonly #options: LeaseOptions
  readonly #records: Collection<StoredLease>
  /** The last beat of another holder, and when it was first seen. */
  #seen: { readonly holder: string; readonly beat: number; readonly atMs: number } | undefined

  constructor(options: LeaseOptions) {
    this.#options = options
    this.#records = options.db.collection<StoredLease>(leases)
  }

  /** The lease as it is stored; `undefined` if nobody ever had it. */
  async look(): Promise<LeaseRecord<Note> | undefined> {
    const found = await this.#records.findOne({ _id: this.#options.name })
    // The cast: every holder of a lease of this name writes notes of this type.
    return (found as LeaseRecord<Note> | null) ?? undefined
  }

  /** Takes the lease if it is free or its holder is silent; `undefined` if somebody else has it. */
  async tryTake(): Promise<Lease<Note> | undefined> {
    const { name, holder, now, times = leaseTimes } = this.#options
    const record = await this.look()
    if (record === undefined) {
      const isFirst = await this.#records.insertOne({ _id: name, holder, beat: 1 }).then(
        () => true,
        (error: { readonly code?: unknown }) => {
          if (error.code === duplicateKeyCode) return false
          throw error
        },
      )
      return isFirst ? this.#held() : undefined
    }
    if (record.holder !== null) {
      if (this.#seen?.holder !== record.holder || this.#seen.beat !== record.beat) {
        this.#seen = { holder: record.holder, beat: record.beat, atMs: now() }
        return undefined
      }
      if (now() - this.#seen.atMs < times.silenceMs) return undefined
    }
    const unchanged = { _id: name, holder: record.holder, beat: record.beat }
    const taken = { $set: { holder, beat: record.beat + 1 } }
    const { matchedCount } = await this.#records.updateOne(unchanged, taken)
    return matchedCount === 1 ? this.#held() : undefined
  }

  #held(): Lease<Note> {
    this.#seen = undefined
    return new Lease(this.#records, this.#options)
  }
}

const duplicateKeyCode = 11_000

/** A lease that this process has. Release it. */
export class Lease<Note extends object> {
  readonly #records: Collection<StoredLease>
  readonly #options: LeaseOptions
  readonly #silenceMs: number
  readonly #timer: NodeJS.Timeout
  #beatAtMs: number
  #isLost = false

  constructor(records: Collection<StoredLease>, options: LeaseOptions) {
    const { beatMs, silenceMs } = options.times ?? leaseTimes
    this.#records = records
    this.#options = options
    this.#silenceMs = silenceMs
    this.#beatAtMs = options.now()
    // A beat that fails is followed by the next; `isHeld` tells when too many have failed.
    this.#timer = setInterval(() => void this.#update({}).catch(() => {}), beatMs)
    this.#timer.unref()
  }

  /** Whether nobody else can have it: ask before each step. */
  get isHeld(): boolean {
    return !this.#isLost && this.#options.now() - this.#beatAtMs < this.#silenceMs / 2
  }

  /** Changes members of the note, and beats. Does nothing if the lease is lost. */
  async note(changes: Partial<Note>): Promise<void> {
    const members = Object.entries(changes).map(([name, value]) => [`note.${name}`, value])
    await this.#update({ $set: Object.fromEntries(members) })
  }

  async release(): Promise<void> {
    clearInterval(this.#timer)
    if (!this.#isLost) await this.#update({ $set: { holder: null } })
    this.#isLost = true
  }

  async #update(update: UpdateFilter<StoredLease>): Promise<void> {
    const { name, holder, now } = this.#options
    const askedAtMs = now()
    const beaten = { ...update, $inc: { beat: 1 } }
    const { matchedCount } = await this.#records.updateOne({ _id: name, holder }, beaten)
    if (matchedCount === 1) this.#beatAtMs = askedAtMs
    else this.#isLost = true
  }
}
