/**
 * A map bounded by bytes and by count, for entries that may be dropped at any time. It evicts with SIEVE (Zhang et al.:
 * SIEVE is Simpler than LRU, NSDI 2024): a hit counts, and a hand walks from the oldest entry to the newest, sparing
 * each entry once that was hit since. On web traffic its hit rate is above LRU's, a flood of keys that occur once
 * evicts itself first, and no hit moves an entry.
 *
 * perf: a small table of recent entries, indexed by the end of their keys, stands before the `Map`. A `Map` look-up
 * internalizes the key, which hashes the whole string and costs several times a comparison; many keys here are new
 * strings of a request, and a token has 700 characters.
 */
export class SieveMap<V> {
  readonly #nodes = new Map<string, Node<V>>()
  readonly #recent: (Node<V> | undefined)[]
  readonly #options: SieveMapOptions<V>
  #bytes = 0
  #newest: Node<V> | undefined
  #oldest: Node<V> | undefined
  #hand: Node<V> | undefined

  constructor(options: SieveMapOptions<V>) {
    this.#options = options
    this.#recent = new Array<undefined>(recentLength(options.countMax)).fill(undefined)
  }

  get size(): number {
    return this.#nodes.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get(key: string): V | undefined {
    const ending = endingOf(key)
    const place = this.#placeOf(ending)
    let node = this.#recent[place]
    // The whole key decides; a different ending saves the comparison.
    if (node === undefined || node.ending !== ending || node.key !== key) {
      node = this.#nodes.get(key)
      if (node === undefined) return undefined
      this.#recent[place] = node
    }
    // perf: the count is SIEVE's visited bit, too. It stays a Smi.
    node.hits = (node.hits + 1) & 0x3fff_ffff
    return node.value
  }

  /** Looks up without marking the entry as visited. */
  peek(key: string): V | undefined {
    return this.#nodes.get(key)?.value
  }

  /** A value too large to keep is not stored, and the key's previous value is dropped. */
  set(key: string, value: V): void {
    this.delete(key)
    const bytes = this.#options.bytesOf(key, value)
    if (bytes > this.#options.bytesMax || this.#options.countMax < 1) return
    while (this.#bytes + bytes > this.#options.bytesMax || this.#nodes.size >= this.#options.countMax) {
      this.#evict()
    }
    const ending = endingOf(key)
    const older = this.#newest
    const node: Node<V> = { key, ending, value, bytes, hits: 0, spared: 0, newer: undefined, older }
    if (older !== undefined) older.newer = node
    this.#newest = node
    this.#oldest ??= node
    this.#nodes.set(key, node)
    this.#bytes += bytes
  }

  delete(key: string): boolean {
    const node = this.#nodes.get(key)
    if (node === undefined) return false
    this.#remove(node)
    return true
  }

  /**
   * Counts the hits of each entry that was hit since the last call, and starts again. Evictions are as without it.
   *
   * @param take called for each of these entries
   */
  takeHits(take: (value: V, hits: number) => void): void {
    for (const node of this.#nodes.values()) {
      if (node.hits === 0) continue
      take(node.value, node.hits)
      const isVisited = node.hits !== node.spared
      node.hits = 0
      node.spared = isVisited ? -1 : 0
    }
  }

  #evict(): void {
    let node = this.#hand ?? this.#oldest
    while (node !== undefined && node.hits !== node.spared) {
      node.spared = node.hits
      node = node.newer ?? this.#oldest
    }
    if (node === undefined) return
    this.#hand = node
    this.#remove(node)
  }

  #remove(node: Node<V>): void {
    if (this.#hand === node) this.#hand = node.newer
    if (node.newer === undefined) this.#newest = node.older
    else node.newer.older = node.older
    if (node.older === undefined) this.#oldest = node.newer
    else node.older.newer = node.newer
    this.#nodes.delete(node.key)
    const place = this.#placeOf(node.ending)
    if (this.#recent[place] === node) this.#recent[place] = undefined
    this.#bytes -= node.bytes
    this.#options.onLeave?.(node.key, node.value)
  }

  /** Index into the table: the low bits of the ending; the table's length is a power of two. */
  #placeOf(ending: number): number {
    return ending & (this.#recent.length - 1)
  }
}

export interface SieveMapOptions<V> {
  readonly bytesMax: number
  readonly countMax: number
  readonly bytesOf: (key: string, value: V) => number
  /** Called for each value that is evicted, deleted or replaced. */
  readonly onLeave?: (key: string, value: V) => void
}

interface Node<V> {
  readonly key: string
  readonly ending: number
  readonly value: V
  readonly bytes: number
  hits: number
  /** The count when the hand last spared the entry: it is visited while the two differ. */
  spared: number
  newer: Node<V> | undefined
  older: Node<V> | undefined
}

/** Characters compared first: 48 random bits of a signature, most of the id in a path. */
const endingLength = 8

/** The last characters and the length of a string as a 30-bit number. perf: fits a Smi, so it is not heap-allocated. */
function endingOf(text: string): number {
  const { length } = text
  let ending = length
  for (let i = Math.max(0, length - endingLength); i < length; i += 1) {
    ending = (Math.imul(ending, 31) + text.charCodeAt(i)) & 0x3fff_ffff
  }
  return ending
}

const recentLength = (countMax: number): number =>
  2 ** Math.min(12, Math.ceil(Math.log2(Math.max(1, countMax))))
