/**
 * Purging by stamps. A stamp says of a tag: what was asked of the origin at or before this instant is gone. It needs no
 * list of what is stored where, so a purge costs one small write per tag however much it drops, and it reaches fetches
 * that are still under way: they began before the stamp, so what they bring back is never stored.
 *
 * Each isolate keeps the stamps it knows; the isolates of a data centre share them through a {@link StampStore}.
 */
export interface StampStore {
  /** Epoch milliseconds; `undefined` when there is no stamp. */
  read(tag: string): Promise<number | undefined>
  /** Never rejects: what it could not write, others do not learn. */
  write(tag: string, stampMs: number): Promise<void>
}

export interface TagStampsOptions {
  readonly now: () => number
  /** Stamps of the other isolates; without it every isolate is alone. */
  readonly shared?: StampStore
  /** How old this isolate's knowledge of a stamp may be when it uses an answer. @default 1000 */
  readonly recheckMs?: number
  /** Stamps remembered here. @default 10_000 */
  readonly tagsMax?: number
  /**
   * The shared stamps carry their own tag, so that the zone's purge removes them in every data centre: a stamp that
   * was there and is not means purged. Set it when the zone purge is configured; otherwise a missing stamp means that
   * nothing was ever purged. @default false
   */
  readonly missingMeansPurged?: boolean
}

interface Known {
  readonly stampMs: number
  readonly readAtMs: number
}

export class TagStamps {
  readonly #known = new Map<string, Known>()
  readonly #options: Required<Omit<TagStampsOptions, 'shared'>>
  readonly #shared: StampStore | undefined
  /** Newest stamp forgotten for lack of room: what began before it may have been purged. */
  #forgottenMs = Number.NEGATIVE_INFINITY

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

  /** Stamps the tags: in this isolate before it returns, in the data centre, if there is one, when the promise resolves. */
  stamp(tags: readonly string[]): Promise<void> | undefined {
    const nowMs = this.#options.now()
    for (const tag of tags) this.#learn(tag, nowMs, nowMs)
    const shared = this.#shared
    return shared === undefined ? undefined : writeAll(tags, nowMs, shared)
  }

  /** Whether an answer asked for then is gone, by what this isolate knows. */
  isGone(tags: readonly string[], requestedAtMs: number): boolean {
    for (const tag of tags) {
      const known = this.#known.get(tag)
      if (known !== undefined && requestedAtMs <= known.stampMs) return true
    }
    return false
  }

  /** Whether an answer just fetched may be stored: no purge since it was asked for, not even a forgotten one. */
  mayStore(tags: readonly string[], requestedAtMs: number): boolean {
    return requestedAtMs > this.#forgottenMs && !this.isGone(tags, requestedAtMs)
  }

  /** Whether knowledge of this age must be renewed before an answer is used. */
  isDue(checkedAtMs: number, nowMs: number): boolean {
    return this.#shared !== undefined && nowMs - checkedAtMs >= this.#options.recheckMs
  }

  /**
   * Learns the shared stamps of these tags, unless known for less than `maxAgeMs`. Reads are not shared among requests:
   * one whose client leaves would take the others' promise with it.
   */
  async check(tags: readonly string[], maxAgeMs: number = this.#options.recheckMs): Promise<void> {
    const shared = this.#shared
    if (shared === undefined) return
    const nowMs = this.#options.now()
    const unknown = tags.filter((tag) => {
      const known = this.#known.get(tag)
      return known === undefined || nowMs - known.readAtMs >= maxAgeMs
    })
    if (unknown.length > 0) await Promise.all(unknown.map((tag) => this.#read(tag, shared)))
  }

  /**
   * Before an answer goes into a shared store: makes sure that each of its tags has a stamp there, from which later
   * readers can tell whether the zone has been purged.
   */
  async adopt(tags: readonly string[], requestedAtMs: number): Promise<void> {
    const shared = this.#shared
    if (shared === undefined || !this.#options.missingMeansPurged) return this.check(tags, 0)
    await Promise.all(
      tags.map(async (tag) => {
        const readAtMs = this.#options.now()
        const stampMs = await shared.read(tag)
        if (stampMs === undefined) await shared.write(tag, requestedAtMs - 1)
        this.#learn(tag, stampMs ?? requestedAtMs - 1, readAtMs)
      }),
    )
  }

  async #read(tag: string, shared: StampStore): Promise<void> {
    const readAtMs = this.#options.now()
    const stampMs = await shared.read(tag)
    if (stampMs !== undefined) this.#learn(tag, stampMs, readAtMs)
    else if (!this.#options.missingMeansPurged) this.#learn(tag, Number.NEGATIVE_INFINITY, readAtMs)
    else {
      this.#learn(tag, readAtMs, readAtMs)
      // Nobody is to wait for it: where it does not get there, the next to read the tag comes to the same end.
      void shared.write(tag, readAtMs)
    }
  }

  #learn(tag: string, stampMs: number, readAtMs: number): void {
    const known = this.#known.get(tag)
    this.#known.delete(tag)
    this.#known.set(tag, {
      // A read that was under way during a purge here must not undo it.
      stampMs: Math.max(stampMs, known?.stampMs ?? Number.NEGATIVE_INFINITY),
      readAtMs: Math.max(readAtMs, known?.readAtMs ?? Number.NEGATIVE_INFINITY),
    })
    if (this.#known.size <= this.#options.tagsMax) return
    for (const [oldest, { stampMs: forgottenMs }] of this.#known) {
      this.#known.delete(oldest)
      this.#forgottenMs = Math.max(this.#forgottenMs, forgottenMs)
      break
    }
  }
}

async function writeAll(tags: readonly string[], stampMs: number, shared: StampStore): Promise<void> {
  await Promise.all(tags.map((tag) => shared.write(tag, stampMs)))
}
