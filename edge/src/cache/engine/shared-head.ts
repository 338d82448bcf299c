/**
 * perf: one `Headers` shared by many answers. Answers with the same status and the same field names share it. Just
 * before a `Response` copies it, only the values that differ are set: usually an age, a tag and a `Cache-Status`.
 *
 * A `Headers` per entry would need no writes on a hit, but each is some forty objects of the runtime's heap: with a
 * hundred hot entries they miss the CPU's cache, which costs more than setting three fields, and every garbage
 * collection traces them.
 *
 * The template is a `Response` without content: from a plain object, the runtime would read each member by name,
 * including absent ones.
 */
export class SharedHead {
  readonly #head: Response
  readonly #headers: Headers
  readonly #names: readonly string[]
  readonly #values: string[]

  constructor(status: number, names: readonly string[]) {
    this.#head = new Response(null, { status })
    this.#headers = this.#head.headers
    this.#names = names
    this.#values = names.map(() => '')
    for (const name of names) this.#headers.set(name, '')
  }

  /** Replaces equal strings by those of the current values, so that {@link show} compares them by address. */
  likeShown(values: readonly string[]): string[] {
    return values.map((value, i) => {
      const shown = this.#values[i]
      return value === shown ? shown : value
    })
  }

  /** @param values one for each name, in the same order */
  show(values: readonly string[]): Response {
    const shown = this.#values
    for (let i = 0; i < values.length; i += 1) {
      // The cast: `i` is an index of `values`.
      const value = values[i] as string
      if (value === shown[i]) continue
      // The cast: each value has a name.
      this.#headers.set(this.#names[i] as string, value)
      shown[i] = value
    }
    return this.#head
  }
}

/** An API has few lists of field names; passed-through origins may have any number. */
const headsMax = 256

/** The shared heads of one cache. */
export class SharedHeads {
  readonly #heads = new Map<string, SharedHead>()

  /** The head for this status and these distinct names. */
  of(status: number, names: readonly string[]): SharedHead {
    const key = [status, ...names].join('\n')
    const known = this.#heads.get(key)
    if (known !== undefined) return known
    // An entry keeps the head that it has; only later entries do not share it.
    if (this.#heads.size >= headsMax) this.#heads.clear()
    const made = new SharedHead(status, names)
    this.#heads.set(key, made)
    return made
  }
}
