/**
 * The head of many answers, one after the other. Answers of one status whose fields have the same names share one, which
 * is brought from the values of one to those of the next just before a `Response` copies it: mostly that sets an age, a
 * tag and a `Cache-Status`.
 *
 * One for each answer would set nothing, but it lies in some forty places of the runtime's memory. Where a hundred
 * answers are served in turn, none of those is at hand, which costs more than setting three fields does; and all of them
 * are looked at whenever the runtime collects garbage.
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
    return values.map((value, i) => (value === this.#values[i] ? (this.#values[i] as string) : value))
  }

  /** @param values one for each name, in their order */
  show(values: readonly string[]): Response {
    const shown = this.#values
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i] as string
      if (value === shown[i]) continue
      this.#headers.set(this.#names[i] as string, value)
      shown[i] = value
    }
    return this.#head
  }
}

/** An API has a few lists of names; what passes through may have any. */
const headsMax = 256
const heads = new Map<string, SharedHead>()

/** The one of this status for these names, which are different from each other. */
export function sharedHead(status: number, names: readonly string[]): SharedHead {
  const key = [status, ...names].join('\n')
  const known = heads.get(key)
  if (known !== undefined) return known
  // Whoever holds one keeps it; it is only not shared with those who come later.
  if (heads.size >= headsMax) heads.clear()
  const made = new SharedHead(status, names)
  heads.set(key, made)
  return made
}
