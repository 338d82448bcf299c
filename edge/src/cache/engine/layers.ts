import { SieveMap } from '../../lib/sieve-map.ts'
import type { CacheRules } from '../policy/rules.ts'
import { secondaryKey, unionOfNames, varyNames } from '../policy/vary.ts'
import type { TagStamps } from '../purge/tag-stamps.ts'
import type { CacheStore } from '../store/cache-store.ts'
import type { MemoryStore } from '../store/memory-store.ts'
import type { VariantIndex } from '../store/stored-record.ts'
import type { CacheCall } from './cache-call.ts'
import { Entry } from './entry.ts'
import { isShown, keyOfEntry, type Viewer } from './viewer.ts'

/** Time for which an expired answer with a validator is kept after its last use: a 304 is cheaper than a new body. */
const validatorGraceSeconds = 3600

/** Interval at which the variant names are written again, for isolates that lack them. */
const namesAgainMs = 60_000

/** Bounds of the keys whose answers ended recently: an earlier fetch must not restore one. */
const endedRoom = { countMax: 10_000, bytesMax: 1_048_576 }

/** Clocks of the machines of one data centre differ by tens of milliseconds. */
const skewMsMax = 1_000

export interface LayersOptions {
  readonly rules: CacheRules
  readonly memory: MemoryStore
  readonly shared: CacheStore | undefined
  readonly stamps: TagStamps
  readonly now: () => number
  readonly keepMaxSeconds: number
  /** Tags for every answer under this key. */
  readonly keyTags: (key: string) => readonly string[]
}

/**
 * The two cache layers as one: the isolate's memory over the data centre's store. Both hold the same records under the
 * same keys. An answer with `Vary` is stored under its primary plus its secondary key; the primary key then holds the
 * names. An answer that this class returns as fresh is not purged, as far as the stamps tell.
 */
export class Layers {
  readonly #options: LayersOptions
  /** Time at which the answer that ended a key's stored one was requested. */
  readonly #endedMs = new SieveMap<number>({ ...endedRoom, bytesOf: (key) => key.length * 2 + 128 })
  readonly #namesSharedAtMs = new WeakMap<VariantIndex, number>()

  constructor(options: LayersOptions) {
    this.#options = options
  }

  /** Whether there is a store of the data centre beyond memory. */
  get isShared(): boolean {
    return this.#options.shared !== undefined
  }

  /** The key under which this request's answer is stored, given the `Vary` names in memory. */
  storageKey(key: string, requestHeaders: Headers): string {
    if (!this.#options.rules.vary) return key
    const record = this.#options.memory.get(key)
    return record?.kind === 'variants' ? variantKey(key, record.names, requestHeaders) : key
  }

  /** The answer in memory that a viewer is shown: a copy under one of the keys, or else the one under the viewer's own. */
  inMemory(key: string, requestHeaders: Headers, viewer?: Viewer): Entry | undefined {
    const entry = this.#heldUnder(key, requestHeaders)
    if (viewer === undefined || isShown(entry, viewer)) return entry
    for (const other of viewer.otherKeys ?? []) {
      const copy = this.#heldUnder(other, requestHeaders)
      if (isShown(copy, viewer)) return copy
    }
    return this.#heldUnder(viewer.key, requestHeaders)
  }

  /**
   * The answer in memory, or else the one found earlier: a fetch may have loaded another one from the data centre, and a
   * purge may have dropped the earlier one. A viewer who is not shown the newer copy is not shown the earlier one either.
   */
  latest({ key, request, viewer }: Sought, found: Entry | undefined): Entry | undefined {
    const held = this.inMemory(key, request.headers, viewer)
    if (held !== undefined) return held
    return viewer !== undefined && this.hiddenCopy(key, request.headers, viewer) !== undefined
      ? undefined
      : found
  }

  /** A copy in memory, under one of the keys, that this viewer is not shown. */
  hiddenCopy(key: string, requestHeaders: Headers, viewer: Viewer): Entry | undefined {
    for (const each of [key, ...(viewer.otherKeys ?? [])]) {
      const copy = this.#heldUnder(each, requestHeaders)
      if (copy !== undefined && !isShown(copy, viewer)) return copy
    }
    return undefined
  }

  #heldUnder(key: string, requestHeaders: Headers): Entry | undefined {
    const { memory } = this.#options
    let record = memory.get(key)
    if (record?.kind === 'variants') record = memory.get(variantKey(key, record.names, requestHeaders))
    return record instanceof Entry ? record : undefined
  }

  /** {@link inMemory}, after checking the stamps if due. */
  async checkedInMemory(call: Sought): Promise<Entry | undefined> {
    const { key, request, viewer } = call
    const entry = this.inMemory(key, request.headers, viewer)
    if (entry === undefined) return undefined
    const { stamps, now } = this.#options
    const nowMs = now()
    if (!stamps.isDue(entry.stampsCheckedAtMs, nowMs)) return entry
    // One request checks a hot entry for all; for an idle entry each request checks for itself.
    if (nowMs - entry.stampsCheckedAtMs < 2 * stamps.recheckMs) entry.stampsCheckedAtMs = nowMs
    await stamps.check(entry.tags)
    if (stamps.isGone(entry))
      return this.#condemn(this.storageKey(keyOfEntry(entry, call), request.headers), entry)
    entry.stampsCheckedAtMs = nowMs
    return entry
  }

  /**
   * Loads the data centre's answer into memory, unless memory has a newer one. Looks at most once per `recheckMs` for
   * an answer that memory already holds.
   *
   * @param foreseenTags tags that the answer will probably carry: their stamps are read at the same time
   */
  async load({ key, request, viewer }: Sought, foreseenTags?: readonly string[]): Promise<Entry | undefined> {
    const { headers } = request
    const loaded = await this.#loadUnder(key, headers, foreseenTags)
    if (viewer === undefined || isShown(loaded ?? this.#heldUnder(key, headers), viewer)) return loaded
    // At the same time: the time of a look-up would be added to each miss.
    const [own, ...copies] = await Promise.all(
      [viewer.key, ...(viewer.otherKeys ?? [])].map((other) => this.#loadUnder(other, headers)),
    )
    return copies.find((copy) => isShown(copy, viewer)) ?? own
  }

  async #loadUnder(
    key: string,
    requestHeaders: Headers,
    foreseenTags: readonly string[] = [],
  ): Promise<Entry | undefined> {
    const { shared, memory, stamps, rules, now } = this.#options
    if (shared === undefined) return undefined
    const checkedAtMs = now()
    // With the origin down, one look-up per reader of a stale answer would not help.
    const known = this.#heldUnder(key, requestHeaders)
    if (known !== undefined && checkedAtMs - known.soughtAtMs < stamps.recheckMs) return undefined
    if (known !== undefined) known.soughtAtMs = checkedAtMs
    const checked = foreseenTags.length === 0 ? undefined : stamps.check(foreseenTags, 0)
    let storageKey = this.storageKey(key, requestHeaders)
    let record = await shared.get(storageKey)
    if (record?.kind === 'variants' && storageKey === key) {
      memory.put(key, record)
      storageKey = variantKey(key, record.names, requestHeaders)
      record = await shared.get(storageKey)
    }
    await checked
    // One from the future was asked for by a clock that has been set back since: its instants mean nothing.
    if (record?.kind !== 'answer' || record.requestedAtMs > now() + skewMsMax) return undefined
    await stamps.check(record.tags, now() - checkedAtMs + 1)
    const isGone = stamps.isGone(record)
    if (isGone && !rules.softPurge) return undefined
    const held = memory.get(storageKey)
    if (held instanceof Entry && held.requestedAtMs >= record.requestedAtMs) return held
    const entry = new Entry(record, rules, checkedAtMs)
    if (isGone) entry.purge()
    entry.soughtAtMs = checkedAtMs
    memory.put(storageKey, entry)
    return entry
  }

  /**
   * Stores in memory at once, and in the data centre in the background.
   * @returns false when a purge since the request forbids it
   */
  put(
    key: string,
    requestHeaders: Headers,
    entry: Entry,
    waitUntil: (work: Promise<unknown>) => void,
  ): boolean {
    const { memory, shared, stamps } = this.#options
    entry.stampIds = stamps.ids(entry.tags, entry.turn)
    if (!stamps.mayStore(entry)) return false
    const names = this.#variantNames(key, entry)
    const storageKey = names === undefined ? key : variantKey(key, names, requestHeaders)
    const held = memory.get(storageKey)
    // The answer requested later wins, whichever arrives last.
    if (held instanceof Entry && held.requestedAtMs > entry.requestedAtMs) return true
    if (this.#isEnded(storageKey, entry)) return false
    const index = names === undefined ? undefined : this.#indexOf(key, names)
    memory.put(storageKey, entry)
    if (shared !== undefined) waitUntil(this.#share(shared, { key, index, storageKey }, entry))
    return true
  }

  /**
   * Ends the stored answer under the key, in memory and in the data centre: the origin's answer to a later request
   * supersedes it and may not be stored.
   *
   * @param asOf when that request was made, and whether anything stored was known then
   */
  end(
    key: string,
    requestHeaders: Headers,
    asOf: { readonly requestedAtMs: number; readonly wasStored: boolean },
    waitUntil: (work: Promise<unknown>) => void,
  ): void {
    const { memory, shared } = this.#options
    const storageKey = this.storageKey(key, requestHeaders)
    const held = memory.get(storageKey)
    if (held instanceof Entry && held.requestedAtMs > asOf.requestedAtMs) return
    this.#endedMs.set(storageKey, asOf.requestedAtMs)
    if (held instanceof Entry) memory.delete(storageKey)
    if (shared === undefined || !(asOf.wasStored || held instanceof Entry)) return
    // A mark replaces the answer, and expires after one second.
    waitUntil(Promise.resolve(shared.put(storageKey, { kind: 'ended' }, 1)))
  }

  purge(tags: readonly string[]): Promise<void> | undefined {
    const { memory, rules, stamps } = this.#options
    const stamped = stamps.stamp(tags)
    for (const tag of tags) {
      if (!rules.softPurge) memory.dropTag(tag)
      else for (const record of memory.withTag(tag)) if (record instanceof Entry) record.purge()
    }
    return stamped
  }

  /** The current turn, for an answer's `turn`. */
  get turn(): number {
    return this.#options.stamps.turn
  }

  /** Before the origin is asked: makes sure that the stamps of the foreseen tags are known. */
  foresee(call: CacheCall, stored: Entry | undefined): Promise<void> | undefined {
    const { stamps, keyTags } = this.#options
    if (!stamps.isShared) return undefined
    const { tags = [], foreseenTags = [] } = call
    return stamps.foresee([
      ...new Set([...keyTags(call.key), ...tags, ...foreseenTags, ...(stored?.tags ?? [])]),
    ])
  }

  async #share(shared: CacheStore, { key, index, storageKey }: Place, entry: Entry): Promise<void> {
    const { stamps, now, keepMaxSeconds } = this.#options
    const keepSeconds = this.#keepSeconds(entry)
    if (keepSeconds <= 0) return
    const isKnown = await stamps.check(entry.tags, 0)
    if (!stamps.mayStore(entry)) {
      // Another isolate purged it during the fetch, so memory must not keep it until the next check.
      this.#condemn(storageKey, entry)
      // Unforeseen tags have no stamp yet: the next fill will find one.
      await stamps.foresee(entry.tags)
      return
    }
    // Unknown whether it was purged. Memory checks again within a second, but in the shared store it would count as
    // valid.
    if (!isKnown) return
    entry.stampIds = stamps.ids(entry.tags, stamps.turn)
    if (index !== undefined) {
      const sharedAtMs = this.#namesSharedAtMs.get(index) ?? Number.NEGATIVE_INFINITY
      if (now() - sharedAtMs >= namesAgainMs) {
        this.#namesSharedAtMs.set(index, now())
        await shared.put(key, index, keepMaxSeconds)
      }
    }
    // An end that happened meanwhile takes precedence.
    if (!this.#isEnded(storageKey, entry)) await shared.put(storageKey, entry, keepSeconds)
  }

  /** Whether no isolate of this data centre has purged any of the tags since then, as far as is known. */
  async isUntouchedSince(tags: readonly string[], sinceMs: number): Promise<boolean> {
    const { stamps } = this.#options
    await stamps.check(tags, 0)
    return stamps.mayStore({ tags, requestedAtMs: sinceMs })
  }

  #isEnded(storageKey: string, { requestedAtMs }: Entry): boolean {
    const endedMs = this.#endedMs.get(storageKey)
    return endedMs !== undefined && endedMs > requestedAtMs
  }

  /** The variant names in memory: the same object as long as they are equal. */
  #indexOf(key: string, names: readonly string[]): VariantIndex {
    const { memory } = this.#options
    const held = memory.get(key)
    if (held?.kind === 'variants' && held.names === names) return held
    const index = { kind: 'variants', names } as const
    memory.put(key, index)
    return index
  }

  #keepSeconds({ policy, receivedAtMs }: Entry): number {
    const usefulUntilMs = Math.max(
      policy.freshUntilMs,
      policy.staleWhileRevalidateUntilMs,
      policy.staleIfErrorUntilMs,
      policy.disconnectedUntilMs,
    )
    const grace = policy.etag === null && policy.lastModified === null ? 0 : validatorGraceSeconds
    return Math.min((usefulUntilMs - receivedAtMs) / 1000 + grace, this.#options.keepMaxSeconds)
  }

  /** Names that separate all variants of a key, old ones included; `undefined` for a key without variants. */
  #variantNames(key: string, entry: Entry): readonly string[] | undefined {
    const { memory, rules } = this.#options
    if (!rules.vary) return undefined
    const names = varyNames(entry.receivedFields().get('vary'))
    const held = memory.get(key)
    const known = held?.kind === 'variants' ? held.names : []
    const union = unionOfNames(known, names === '*' ? [] : names)
    return union.length === 0 ? undefined : union
  }

  /** Marks an entry as purged. @returns the entry if it still has any use */
  #condemn(storageKey: string, entry: Entry): Entry | undefined {
    const { memory, rules } = this.#options
    entry.purge()
    if (rules.softPurge) return entry
    if (memory.get(storageKey) === entry) memory.delete(storageKey)
    return undefined
  }
}

/** Part of a call that a look-up needs. */
type Sought = Pick<CacheCall, 'key' | 'request' | 'viewer'>

/** Keys under which an answer is stored, and the names that separate its variants. */
interface Place {
  readonly key: string
  readonly index: VariantIndex | undefined
  readonly storageKey: string
}

/** A line feed occurs neither in a URL nor in a contract key. */
const variantKey = (key: string, names: readonly string[], requestHeaders: Headers): string =>
  `${key}\n${secondaryKey(names, requestHeaders)}`
