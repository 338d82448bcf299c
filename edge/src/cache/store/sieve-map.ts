/**
 * A map bounded by bytes and by count that evicts with SIEVE (Zhang et al.: SIEVE is Simpler than LRU, NSDI 2024): a hit
 * sets one bit, and a hand walks from the oldest to the newest, sparing each visited entry once. It keeps more of what
 * is asked for again than LRU does on web traffic, and a hit moves nothing.
 */
interface Node<V> {
  readonly key: string
  value: V
  bytes: number
  visited: boolean
  newer: Node<V> | undefined
  older: Node<V> | undefined
}

export interface SieveMapOptions<V> {
  readonly bytesMax: number
  readonly countMax: number
  readonly bytesOf: (key: string, value: V) => number
  /** Called for every value that leaves: evicted, deleted or replaced. */
  readonly onLeave?: (key: string, value: V) => void
}

export class SieveMap<V> {
  readonly #nodes = new Map<string, Node<V>>()
  readonly #options: SieveMapOptions<V>
  #bytes = 0
  #newest: Node<V> | undefined
  #oldest: Node<V> | undefined
  #hand: Node<V> | undefined

  constructor(options: SieveMapOptions<V>) {
    this.#options = options
  }

  get size(): number {
    return this.#nodes.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get(key: string): V | undefined {
    const node = this.#nodes.get(key)
    if (node === undefined) return undefined
    node.visited = true
    return node.value
  }

  /** A value too large to keep is not taken, and whatever the key held is gone. */
  set(key: string, value: V): void {
    this.delete(key)
    const bytes = this.#options.bytesOf(key, value)
    if (bytes > this.#options.bytesMax || this.#options.countMax < 1) return
    while (this.#bytes + bytes > this.#options.bytesMax || this.#nodes.size >= this.#options.countMax) {
      this.#evict()
    }
    const node: Node<V> = { key, value, bytes, visited: false, newer: undefined, older: this.#newest }
    if (this.#newest !== undefined) this.#newest.newer = node
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
    this.#bytes -= node.bytes
    this.#options.onLeave?.(node.key, node.value)
  }
}
