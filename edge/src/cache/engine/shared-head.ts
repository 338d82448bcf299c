/**
 * perf: the head of many answers, one after the other. Answers of one status whose fields have the same names share one,
 * which is brought from the values of one to those of the next just before a `Response` copies it: mostly that sets an
 * age, a tag and a `Cache-Status`.
 *
 * A `Headers` per entry would need no writes on a hit, but each is some forty objects of the runtime's heap: with a hundred
 * hot entries they miss the CPU's cache, which costs more than setting three fields does, and every collection of garbage
 * traces them.
 *
 * It is a `Response` without content: of an object with the same members the runtime reads each by name, and those that
 * are not there, too.
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

  /** The same texts, in place of those that are equal to what is shown: {@link show} compares them by address then. */
  likeShown(values: readonly string[]): string[] {
    return values.map((value, i) => {
      const shown = this.#values[i]
      return value === shown ? shown : value
    })
  }

  /** @param values one for each name, in their order */
  show(values: readonly string[]): Response {
    const shown = this.#values
    for (let i = 0; i < values.length; i += 1) {
      // The cast: `i` is an index of `values`.
      const value = values[i] as string
      if (value === shown[i]) continue
      // The cast: there is a name for each value.
      this.#headers.set(this.#names[i] as string, value)
      shown[i] = value
    }
    return this.#head
  }
}

/** An API has a few lists of names; what passes through may have any. */
const headsMax = 256

/** The heads of one cache's answers. */
export class SharedHeads {
  readonly #heads = new Map<string, SharedHead>()

  /** The head of this status for these names, which are different from each other. */
  of(status: number, names: readonly string[]): SharedHead {
    const key = [status, ...names].join('\n')
    const known = this.#heads.get(key)
    if (known !== undefined) return known
    // An entry that has one keeps it; it is only not shared with those that come later.
    if (this.#heads.size >= headsMax) this.#heads.clear()
    const made = new SharedHead(status, names)
    this.#heads.set(key, made)
    return made
  }
}
