import { SieveMap } from '../../lib/sieve-map.ts'
import type { CacheRules } from '../policy/rules.ts'
import { secondaryKey, unionOfNames, varyNames } from '../policy/vary.ts'
import type { TagStamps } from '../purge/tag-stamps.ts'
import type { CacheStore } from '../store/cache-store.ts'
import type { MemoryStore } from '../store/memory-store.ts'
import type { VariantIndex } from '../store/stored-record.ts'
import type { CacheCall } from './cache-call.ts'
import { Entry } from './entry.ts'

/** How long an answer that has a validator is worth keeping past its last use: a 304 is cheaper than a new body. */
const validatorGraceSeconds = 3600

/** The names of variants are put again for those isolates that do not have them, but not with each variant. */
const namesAgainMs = 60_000

/** Room for the keys whose answers have ended lately: a fetch that began before must not bring one back. */
const endedRoom = { countMax: 10_000, bytesMax: 1_048_576 }

export interface LayersOptions {
  readonly rules: CacheRules
  readonly memory: MemoryStore
  readonly shared: CacheStore | undefined
  readonly stamps: TagStamps
  readonly now: () => number
  readonly keepMaxSeconds: number
  /** Tags that every answer under this key gets. */
  readonly keyTags: (key: string) => readonly string[]
}

/**
 * The two layers as one: this isolate's memory over the data centre's store. Both hold the same records under the same
 * keys; an answer with `Vary` lies under its primary key plus its secondary key, and the primary key holds the names.
 * Whatever comes out of here fresh is not purged, as far as the stamps tell.
 */
export class Layers {
  readonly #options: LayersOptions
  /** When the answer was asked for that ended what lay under the key. */
  readonly #endedMs = new SieveMap<number>({ ...endedRoom, bytesOf: (key) => key.length * 2 + 128 })
  readonly #namesSharedAtMs = new WeakMap<VariantIndex, number>()

  constructor(options: LayersOptions) {
    this.#options = options
  }

  /** The key under which this request's answer would lie, by what memory knows of `Vary`. */
  storageKey(key: string, requestHeaders: Headers): string {
    if (!this.#options.rules.vary) return key
    const record = this.#options.memory.get(key)
    return record?.kind === 'variants' ? variantKey(key, record.names, requestHeaders) : key
  }

  inMemory(key: string, requestHeaders: Headers): Entry | undefined {
    const { memory } = this.#options
    let record = memory.get(key)
    if (record?.kind === 'variants') record = memory.get(variantKey(key, record.names, requestHeaders))
    return record instanceof Entry ? record : undefined
  }

  /** {@link inMemory}, once the stamps are known well enough. */
  async checkedInMemory(key: string, requestHeaders: Headers): Promise<Entry | undefined> {
    const entry = this.inMemory(key, requestHeaders)
    if (entry === undefined) return undefined
    const { stamps, now } = this.#options
    const nowMs = now()
    if (!stamps.isDue(entry.stampsCheckedAtMs, nowMs)) return entry
    // One request checks a hot entry for all; nobody trusts another's unfinished check of an idle one.
    if (nowMs - entry.stampsCheckedAtMs < 2 * stamps.recheckMs) entry.stampsCheckedAtMs = nowMs
    await stamps.check(entry.tags)
    if (stamps.isGone(entry)) return this.#condemn(this.storageKey(key, requestHeaders), entry)
    entry.stampsCheckedAtMs = nowMs
    return entry
  }

  /**
   * Takes what the data centre has into memory, unless memory has something newer. Looks there at most once in
   * `recheckMs` for an answer that memory holds.
   *
   * @param foreseenTags tags that it will probably carry: their stamps are read at the same time
   */
  async load(
    key: string,
    requestHeaders: Headers,
    foreseenTags: readonly string[] = [],
  ): Promise<Entry | undefined> {
    const { shared, memory, stamps, rules, now } = this.#options
    if (shared === undefined) return undefined
    const checkedAtMs = now()
    // An origin that is down is not made up for by asking the data centre once for each reader of a stale answer.
    const known = this.inMemory(key, requestHeaders)
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
    if (record?.kind !== 'answer') return undefined
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
   * Stores in memory at once and in the data centre behind the caller's back.
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
    // Asked for later, it knows better, whichever arrives last.
    if (held instanceof Entry && held.requestedAtMs > entry.requestedAtMs) return true
    if (this.#isEnded(storageKey, entry)) return false
    const index = names === undefined ? undefined : this.#indexOf(key, names)
    memory.put(storageKey, entry)
    if (shared !== undefined) waitUntil(this.#share(shared, { key, index, storageKey }, entry))
    return true
  }

  /**
   * Ends the life of what lies under the key, in memory and in the data centre: the origin's answer to a later request
   * takes its place and may not be stored.
   *
   * @param asOf when that was asked for, and whether anything stored was known then
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
    // A mark that takes its place, and is gone after a second.
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

  /** The present, as an answer's `turn`. */
  get turn(): number {
    return this.#options.stamps.turn
  }

  /** Before the origin is asked: sees to it that the stamps of the tags to come are known. */
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
      // Purged from elsewhere while it was fetched: memory must not keep it until the next check either.
      this.#condemn(storageKey, entry)
      // Tags that nobody foresaw have no stamp yet: the next fill finds one.
      await stamps.foresee(entry.tags)
      return
    }
    // Nobody knows whether it was purged. Memory asks again within a second; elsewhere it would count as good.
    if (!isKnown) return
    entry.stampIds = stamps.ids(entry.tags, stamps.turn)
    if (index !== undefined) {
      const sharedAtMs = this.#namesSharedAtMs.get(index) ?? Number.NEGATIVE_INFINITY
      if (now() - sharedAtMs >= namesAgainMs) {
        this.#namesSharedAtMs.set(index, now())
        await shared.put(key, index, keepMaxSeconds)
      }
    }
    // An end that came meanwhile holds.
    if (!this.#isEnded(storageKey, entry)) await shared.put(storageKey, entry, keepSeconds)
  }

  /** Whether no isolate of this data centre has purged any of the tags since then, as far as can be told now. */
  async isUntouchedSince(tags: readonly string[], sinceMs: number): Promise<boolean> {
    const { stamps } = this.#options
    await stamps.check(tags, 0)
    return stamps.mayStore({ tags, requestedAtMs: sinceMs })
  }

  #isEnded(storageKey: string, { requestedAtMs }: Entry): boolean {
    const endedMs = this.#endedMs.get(storageKey)
    return endedMs !== undefined && endedMs > requestedAtMs
  }

  /** The names as they lie in memory: the same object as long as they stay the same. */
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

  /** Names that tell all variants of a key apart, old ones included; `undefined` for a key without variants. */
  #variantNames(key: string, entry: Entry): readonly string[] | undefined {
    const { memory, rules } = this.#options
    if (!rules.vary) return undefined
    const names = varyNames(entry.receivedFields().get('vary'))
    const held = memory.get(key)
    const known = held?.kind === 'variants' ? held.names : []
    const union = unionOfNames(known, names === '*' ? [] : names)
    return union.length === 0 ? undefined : union
  }

  /** It is purged. @returns what may still be done with it, if anything */
  #condemn(storageKey: string, entry: Entry): Entry | undefined {
    const { memory, rules } = this.#options
    entry.purge()
    if (rules.softPurge) return entry
    if (memory.get(storageKey) === entry) memory.delete(storageKey)
    return undefined
  }
}

/** Keys under which an answer lies, and what tells its variants apart. */
interface Place {
  readonly key: string
  readonly index: VariantIndex | undefined
  readonly storageKey: string
}

/** A line feed occurs in no URL and in no key of the contract. */
const variantKey = (key: string, names: readonly string[], requestHeaders: Headers): string =>
  `${key}\n${secondaryKey(names, requestHeaders)}`
