/**
 * A map bounded by bytes and by count, for what may be forgotten at any time. It evicts with SIEVE (Zhang et al.: SIEVE is
 * Simpler than LRU, NSDI 2024): a hit sets one bit, and a hand walks from the oldest to the newest, sparing each visited
 * entry once. It keeps more of what is asked for again than LRU does on web traffic, a flood of keys that are seen once
 * pushes out its own kind first, and neither a hit nor a flood moves anything.
 *
 * The `Map` within is asked only for what was not asked for lately. V8 looks a text up by putting it among its unique texts
 * first, which hashes all of it and costs several times what comparing it does; many keys here are fresh from requests,
 * and a token has 700 characters. So the entries looked up last lie in a table as well, by where their texts end.
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
    // The whole text decides. Where the ending is another one there is no need to read it.
    if (node === undefined || node.ending !== ending || node.key !== key) {
      node = this.#nodes.get(key)
      if (node === undefined) return undefined
      this.#recent[place] = node
    }
    node.visited = true
    return node.value
  }

  /** {@link get} for those that do not use the value, and so keep nothing alive. */
  peek(key: string): V | undefined {
    return this.#nodes.get(key)?.value
  }

  /** A value too large to keep is not taken, and whatever the key held is gone. */
  set(key: string, value: V): void {
    this.delete(key)
    const bytes = this.#options.bytesOf(key, value)
    if (bytes > this.#options.bytesMax || this.#options.countMax < 1) return
    while (this.#bytes + bytes > this.#options.bytesMax || this.#nodes.size >= this.#options.countMax) {
      this.#evict()
    }
    const ending = endingOf(key)
    const older = this.#newest
    const node: Node<V> = { key, ending, value, bytes, visited: false, newer: undefined, older }
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

  #evict(): void {
    let node = this.#hand ?? this.#oldest
    while (node?.visited === true) {
      node.visited = false
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

  /** In the table: as many of the ending's last bits as its length, a power of two, has places for. */
  #placeOf(ending: number): number {
    return ending & (this.#recent.length - 1)
  }
}

export interface SieveMapOptions<V> {
  readonly bytesMax: number
  readonly countMax: number
  readonly bytesOf: (key: string, value: V) => number
  /** Called for every value that leaves: evicted, deleted or replaced. */
  readonly onLeave?: (key: string, value: V) => void
}

interface Node<V> {
  readonly key: string
  readonly ending: number
  readonly value: V
  readonly bytes: number
  visited: boolean
  newer: Node<V> | undefined
  older: Node<V> | undefined
}

/** Characters that are told apart: of a signature they are 48 random bits, of a path most of an id. */
const endingLength = 8

/** A number of 30 bits, which V8 keeps in place, for a text's last characters and its length. */
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
