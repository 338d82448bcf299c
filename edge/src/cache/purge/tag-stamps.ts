import { newStamp, noStamp, type Stamp, type StampRead, type StampStore } from './stamp.ts'

/**
 * Purging by stamps. An answer is good as long as the stamps of its tags are those that were there before the origin was
 * asked for it: ids are compared, so no clock decides. A purge is one small write per tag, however much it drops, and it
 * reaches fetches under way: they began under another stamp, so what they bring back is never stored.
 *
 * Tags that nobody foresaw have no stamp from before. For those alone time decides, with an allowance: an answer asked
 * for longer than {@link allowanceMs} after the stamp was made cannot be older than it.
 *
 * Each isolate keeps the stamps it knows; the isolates of a data centre share them through a {@link StampStore}.
 */
export interface TagStampsOptions {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Stamps of the other isolates; without it every isolate is alone. */
  readonly shared?: StampStore
  /** How old this isolate's knowledge of a stamp may be when it uses an answer, in milliseconds. @default 1000 */
  readonly recheckMs?: number
  /** Stamps remembered here. @default 10_000 */
  readonly tagsMax?: number
  /**
   * Whether purges come from elsewhere, by the zone's purge, which removes the `known` stamps of every data centre. Then
   * each tag of what is stored has one, and a missing one means purged. @default false
   */
  readonly missingMeansPurged?: boolean
}

/**
 * Clocks of the machines of one data centre differ by tens of milliseconds, and a stamp may take seconds to get into its
 * store. It costs next to nothing: it counts only where ids say nothing.
 */
export const allowanceMs = 5_000

/** As long as a fill waits for the stamp that another one is writing. */
const markWaitMs = 150

/** An answer, as far as purges are concerned. */
export interface Stamped {
  readonly tags: readonly string[]
  /** Epoch milliseconds. */
  readonly requestedAtMs: number
  /** For each tag the stamps from before the origin was asked; `null` where they were not known. */
  readonly stampIds?: readonly (string | null)[]
}

interface Known {
  /** `undefined` until read. */
  readonly purged: Stamp | undefined
  /** `undefined` until read; {@link noStamp} where no zone is configured. */
  readonly known: Stamp | undefined
  /** Whether `known` lies in the data centre, too: else the next fill has to leave one there. */
  readonly isMarked: boolean
  /** Both stamps' ids as one; `undefined` as long as either is not known. */
  readonly id: string | undefined
  /** The later one's. */
  readonly atMs: number
  /** When the id was last another one, in turns. */
  readonly turn: number
  readonly readAtMs: number
}

/** More has changed since than this isolate remembers. */
const overtaken = '?'

export class TagStamps {
  readonly #known = new Map<string, Known>()
  /** Fills of this isolate that are writing a stamp, by tag. */
  readonly #marking = new Map<string, Promise<void>>()
  readonly #options: Required<Omit<TagStampsOptions, 'shared'>>
  readonly #shared: StampStore | undefined
  /** Counts changes of what is known: orders them and fetches within the isolate, where a clock may stand still. */
  #turn = 0
  /** Latest change that was forgotten for lack of room. */
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

  /** Whether the stamps of other isolates are known here. */
  get isShared(): boolean {
    return this.#shared !== undefined
  }

  /** The present, for {@link ids}: taken just before the origin is asked. */
  get turn(): number {
    return this.#turn
  }

  /** Purges the tags: in this isolate before it returns, in the data centre, if there is one, when the promise resolves. */
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
   * Before the origin is asked: makes sure that the stamps of these tags are known, so that what comes back can be told
   * from what was purged meanwhile. Where the zone's purge could take them away, that there are some.
   *
   * @returns `undefined` where nobody else could purge
   */
  foresee(tags: readonly string[]): Promise<void> | undefined {
    const shared = this.#shared
    return shared === undefined || tags.length === 0 ? undefined : this.#foresee(tags, shared)
  }

  /** The stamps of an answer that was asked for at that turn: `null` where they were not known then. */
  ids(tags: readonly string[], turn: number): (string | null)[] {
    return tags.map((tag) => {
      const known = this.#known.get(tag)
      if (known === undefined) return turn < this.#forgottenTurn ? overtaken : null
      return known.turn <= turn ? (known.id ?? null) : null
    })
  }

  /** Whether any of the tags was purged, or found to have been, since that turn. */
  changedSince(tags: readonly string[], turn: number): boolean {
    return tags.some((tag) => (this.#known.get(tag)?.turn ?? this.#forgottenTurn) > turn)
  }

  /** Whether an answer is purged, by what this isolate knows. */
  isGone({ tags, requestedAtMs, stampIds }: Stamped): boolean {
    for (let i = 0; i < tags.length; i += 1) {
      // The cast: `i` is an index of `tags`.
      const known = this.#known.get(tags[i] as string)
      const isSame = known?.id !== undefined && known.id === stampIds?.[i]
      if (known !== undefined && !isSame && requestedAtMs <= known.atMs + allowanceMs) return true
    }
    return false
  }

  /** Whether an answer just fetched may be stored: no purge since it was asked for, not even a forgotten one. */
  mayStore(answer: Stamped): boolean {
    return answer.stampIds?.includes(overtaken) !== true && !this.isGone(answer)
  }

  /** Whether knowledge of this age must be renewed before an answer is used. */
  isDue(checkedAtMs: number, nowMs: number): boolean {
    return this.#shared !== undefined && nowMs - checkedAtMs >= this.#options.recheckMs
  }

  /**
   * Learns the shared stamps of these tags, unless known for less than `maxAgeMs`. Reads are not shared among requests:
   * one whose client leaves would take the others' promise with it.
   *
   * @returns whether all could be read
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

  /** One of several fills of this isolate writes; the others wait for it, with a bound. */
  async #mark(tag: string, shared: StampStore): Promise<void> {
    let marking = this.#marking.get(tag)
    if (marking === undefined) {
      const known = newStamp(this.#options.now())
      marking = shared.write('known', tag, known).then((isThere) => {
        if (this.#marking.get(tag) === marking) this.#marking.delete(tag)
        // One that may get there later is not to be relied on: the zone's purge could come in between.
        if (isThere) this.#learn(tag, { known, isMarked: true, readAtMs: this.#options.now() })
      })
      this.#marking.set(tag, marking)
    }
    let timer: ReturnType<typeof setTimeout> | null = null
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        // It may have been lost with its request: whoever comes next writes one of its own.
        if (this.#marking.get(tag) === marking) this.#marking.delete(tag)
        resolve()
      }, markWaitMs)
    })
    await Promise.race([marking, late])
    if (timer !== null) clearTimeout(timer)
  }

  /** @returns whether it could be read */
  async #read(tag: string, shared: StampStore): Promise<boolean> {
    const readAtMs = this.#options.now()
    const { turn } = this
    const [purged, known] = await Promise.all([
      shared.read('purged', tag),
      this.#options.missingMeansPurged ? shared.read('known', tag) : noZone,
    ])
    const held = this.#known.get(tag)
    // A read that was under way during a purge here must not undo it.
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

/** A purge here whose stamp is not there yet, or was lost, is not undone by what lay there before. */
const isOlder = (read: StampRead, held: Known | undefined): boolean => {
  const heldAtMs = held?.purged?.atMs ?? Number.NEGATIVE_INFINITY
  const readAtMs = read.kind === 'found' ? read.stamp.atMs : Number.NEGATIVE_INFINITY
  return heldAtMs > Number.NEGATIVE_INFINITY && readAtMs + allowanceMs < heldAtMs
}

function purgedOf(read: StampRead): Partial<Known> {
  if (read.kind === 'unknown') return {}
  return { purged: read.kind === 'found' ? read.stamp : noStamp }
}

/** One that is missing condemns all that was asked for until now, whenever it went. */
function knownOf(read: StampRead, nowMs: number): Partial<Known> {
  if (read.kind === 'unknown') return {}
  return read.kind === 'found'
    ? { known: read.stamp, isMarked: true }
    : { known: newStamp(nowMs), isMarked: false }
}
