import { newStamp, noStamp, type Stamp, type StampRead, type StampStore } from './stamp.ts'

/**
 * Purging by stamps. An answer is valid while the stamps of its tags are the same as before the origin was asked for
 * it. Ids are compared, so no clock decides. A purge is one small write per tag, however many answers it drops. It also
 * reaches fetches in flight: they began under another stamp, so their answers are never stored.
 *
 * Tags that nobody foresaw have no stamp from before the fetch. Only for those does time decide, with an allowance: an
 * answer requested more than {@link allowanceMs} after the stamp was written is newer than the purge.
 *
 * Each isolate caches the stamps that it knows; the isolates of a data centre share them through a {@link StampStore}.
 */

export interface TagStampsOptions {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Stamps shared with other isolates; without it each isolate has only its own. */
  readonly shared?: StampStore
  /** Maximum age of this isolate's knowledge of a stamp when it serves an answer, in milliseconds. @default 1000 */
  readonly recheckMs?: number
  /** Maximum number of stamps cached here. @default 10_000 */
  readonly tagsMax?: number
  /**
   * Whether the zone's purge may remove the `known` stamps in every data centre. Then each tag of a stored answer has
   * one, and a missing one means purged. @default false
   */
  readonly missingMeansPurged?: boolean
}

/**
 * Clocks within a data centre differ by tens of milliseconds, and writing a stamp may take seconds. A generous
 * allowance costs almost nothing, since it applies only where ids decide nothing.
 */
export const allowanceMs = 5_000

/** Time for which a fill waits for the stamp that another fill is writing. */
const markWaitMs = 150

/** The part of an answer that purges depend on. */
export interface Stamped {
  readonly tags: readonly string[]
  /** Epoch milliseconds. */
  readonly requestedAtMs: number
  /** Per tag, the stamps from before the fetch; `null` if unknown. */
  readonly stampIds?: readonly (string | null)[]
}

interface Known {
  /** `undefined` until read. */
  readonly purged: Stamp | undefined
  /** `undefined` until read; {@link noStamp} without a configured zone. */
  readonly known: Stamp | undefined
  /** Whether the data centre has the `known` stamp, too; otherwise the next fill must write it. */
  readonly isMarked: boolean
  /** Both stamps' ids combined; `undefined` while either is unknown. */
  readonly id: string | undefined
  /** The later stamp's time. */
  readonly atMs: number
  /** Turn in which the id last changed. */
  readonly turn: number
  readonly readAtMs: number
}

/** Stands for the ids of a tag that has changed more often than this isolate remembers. */
const overtaken = '?'

export class TagStamps {
  readonly #known = new Map<string, Known>()
  /** Fills of this isolate that are currently writing a stamp, by tag. */
  readonly #marking = new Map<string, Promise<void>>()
  readonly #options: Required<Omit<TagStampsOptions, 'shared'>>
  readonly #shared: StampStore | undefined
  /** Counter of changes. Orders changes and fetches within the isolate, where a clock may stand still. */
  #turn = 0
  /** Latest change that was evicted. */
  #forgottenTurn = 0

  constructor({
    shared,
    recheckMs = 1000,
    tagsMax = 10_000,
    missingMeansPurged = false,
    now,
  }: TagStampsOptions) {
    this.#options = { recheckMs, tagsMax, missingMeansPurged, now }
    this.#shared = shared
  }

  get recheckMs(): number {
    return this.#options.recheckMs
  }

  /** Whether stamps are shared with other isolates. */
  get isShared(): boolean {
    return this.#shared !== undefined
  }

  /** The current turn, for {@link ids}; read it just before the origin is asked. */
  get turn(): number {
    return this.#turn
  }

  /** Purges the tags: in this isolate before it returns, in the data centre (if shared) when the promise resolves. */
  stamp(tags: readonly string[]): Promise<void> | undefined {
    const readAtMs = this.#options.now()
    const shared = this.#shared
    const stamps = tags.map((tag) => {
      const purged = newStamp(readAtMs)
      this.#learn(tag, { purged, readAtMs })
      return [tag, purged] as const
    })
    if (shared === undefined) return undefined
    return Promise.all(stamps.map(([tag, stamp]) => shared.write('purged', tag, stamp))).then(() => undefined)
  }

  /**
   * Before the origin is asked: reads the stamps of these tags, so that a purge during the fetch can be detected. If
   * the zone's purge may remove stamps, it also writes missing ones.
   *
   * @returns `undefined` if no other isolate can purge
   */
  foresee(tags: readonly string[]): Promise<void> | undefined {
    const shared = this.#shared
    return shared === undefined || tags.length === 0 ? undefined : this.#foresee(tags, shared)
  }

  /** Stamp ids of an answer that was requested in that turn; `null` where unknown at the time. */
  ids(tags: readonly string[], turn: number): (string | null)[] {
    return tags.map((tag) => {
      const known = this.#known.get(tag)
      if (known === undefined) return turn < this.#forgottenTurn ? overtaken : null
      return known.turn <= turn ? (known.id ?? null) : null
    })
  }

  /** Whether any of the tags was purged, or found purged, since that turn. */
  changedSince(tags: readonly string[], turn: number): boolean {
    return tags.some((tag) => (this.#known.get(tag)?.turn ?? this.#forgottenTurn) > turn)
  }

  /** Whether an answer is purged, as far as this isolate knows. */
  isGone({ tags, requestedAtMs, stampIds }: Stamped): boolean {
    for (let i = 0; i < tags.length; i += 1) {
      // The cast: `i` is an index of `tags`.
      const known = this.#known.get(tags[i] as string)
      const isSame = known?.id !== undefined && known.id === stampIds?.[i]
      if (known !== undefined && !isSame && requestedAtMs <= known.atMs + allowanceMs) return true
    }
    return false
  }

  /** Whether a fetched answer may be stored: no purge since the request, including evicted ones. */
  mayStore(answer: Stamped): boolean {
    return answer.stampIds?.includes(overtaken) !== true && !this.isGone(answer)
  }

  /** Whether knowledge of this age must be refreshed before an answer is served. */
  isDue(checkedAtMs: number, nowMs: number): boolean {
    return this.#shared !== undefined && nowMs - checkedAtMs >= this.#options.recheckMs
  }

  /**
   * Reads the shared stamps of these tags, unless they were read within `maxAgeMs`. Requests do not share reads: a
   * request whose client leaves would take the others' promise with it.
   *
   * @returns whether all stamps could be read
   */
  async check(tags: readonly string[], maxAgeMs: number = this.#options.recheckMs): Promise<boolean> {
    const shared = this.#shared
    if (shared === undefined) return true
    const nowMs = this.#options.now()
    const unknown = tags.filter((tag) => {
      const known = this.#known.get(tag)
      return known === undefined || nowMs - known.readAtMs >= maxAgeMs
    })
    if (unknown.length === 0) return true
    const reads = await Promise.all(unknown.map((tag) => this.#read(tag, shared)))
    return !reads.includes(false)
  }

  async #foresee(tags: readonly string[], shared: StampStore): Promise<void> {
    await this.check(tags)
    if (!this.#options.missingMeansPurged) return
    await Promise.all(
      tags.map((tag) => (this.#known.get(tag)?.isMarked === false ? this.#mark(tag, shared) : undefined)),
    )
  }

  /** Writes a stamp. One of several fills in this isolate writes; the others wait within a bound. */
  async #mark(tag: string, shared: StampStore): Promise<void> {
    let marking = this.#marking.get(tag)
    if (marking === undefined) {
      const known = newStamp(this.#options.now())
      marking = shared.write('known', tag, known).then((isThere) => {
        if (this.#marking.get(tag) === marking) this.#marking.delete(tag)
        // Only a confirmed write counts: before a late one, the zone's purge could happen unnoticed.
        if (isThere) this.#learn(tag, { known, isMarked: true, readAtMs: this.#options.now() })
      })
      this.#marking.set(tag, marking)
    }
    let timer: ReturnType<typeof setTimeout> | null = null
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        // The write may have been lost with its request; the next fill writes its own.
        if (this.#marking.get(tag) === marking) this.#marking.delete(tag)
        resolve()
      }, markWaitMs)
    })
    await Promise.race([marking, late])
    if (timer !== null) clearTimeout(timer)
  }

  /** @returns whether the stamp could be read */
  async #read(tag: string, shared: StampStore): Promise<boolean> {
    const readAtMs = this.#options.now()
    const { turn } = this
    const [purged, known] = await Promise.all([
      shared.read('purged', tag),
      this.#options.missingMeansPurged ? shared.read('known', tag) : noZone,
    ])
    const held = this.#known.get(tag)
    // A read that was in flight during a purge here must not undo it.
    const isOvertaken = held !== undefined && held.turn > turn
    this.#learn(tag, {
      ...(isOvertaken || isOlder(purged, held) ? {} : purgedOf(purged)),
      ...(isOvertaken ? {} : knownOf(known, this.#options.now())),
      readAtMs,
    })
    return purged.kind !== 'unknown' && known.kind !== 'unknown'
  }

  #learn(tag: string, news: Partial<Known> & { readonly readAtMs: number }): void {
    const held = this.#known.get(tag)
    const { purged, known, isMarked, readAtMs } = { ...this.#unread, ...held, ...news }
    const id = purged === undefined || known === undefined ? undefined : `${purged.id}/${known.id}`
    this.#known.delete(tag)
    this.#known.set(tag, {
      purged,
      known,
      isMarked,
      id,
      atMs: Math.max((purged ?? noStamp).atMs, (known ?? noStamp).atMs),
      turn: held !== undefined && held.id === id ? held.turn : ++this.#turn,
      readAtMs: Math.max(readAtMs, held?.readAtMs ?? Number.NEGATIVE_INFINITY),
    })
    if (this.#known.size <= this.#options.tagsMax) return
    for (const [oldest, { turn }] of this.#known) {
      this.#known.delete(oldest)
      this.#forgottenTurn = Math.max(this.#forgottenTurn, turn)
      break
    }
  }

  get #unread(): Pick<Known, 'purged' | 'known' | 'isMarked'> {
    const { missingMeansPurged } = this.#options
    return { purged: undefined, known: missingMeansPurged ? undefined : noStamp, isMarked: true }
  }
}

const noZone: StampRead = { kind: 'found', stamp: noStamp }

/** Whether a read is older than a purge here whose stamp is not visible yet, or was lost. */
const isOlder = (read: StampRead, held: Known | undefined): boolean => {
  const heldAtMs = held?.purged?.atMs ?? Number.NEGATIVE_INFINITY
  const readAtMs = read.kind === 'found' ? read.stamp.atMs : Number.NEGATIVE_INFINITY
  return heldAtMs > Number.NEGATIVE_INFINITY && readAtMs + allowanceMs < heldAtMs
}

function purgedOf(read: StampRead): Partial<Known> {
  if (read.kind === 'unknown') return {}
  return { purged: read.kind === 'found' ? read.stamp : noStamp }
}

/**
 * Result of a read. A missing stamp condemns every answer requested until now, since its removal has no known time.
 */
function knownOf(read: StampRead, nowMs: number): Partial<Known> {
  if (read.kind === 'unknown') return {}
  return read.kind === 'found'
    ? { known: read.stamp, isMarked: true }
    : { known: newStamp(nowMs), isMarked: false }
}
