/**
 * `Headers` for many answers, one after the other. Answers whose fields have the same names share one, which is brought
 * from the values of one to those of the next just before a `Response` copies it: mostly that sets an age, a tag and a
 * `Cache-Status`.
 *
 * One for each answer would set nothing, but it lies in some forty places of the runtime's memory. Where a hundred
 * answers are served in turn, none of those is at hand, which costs more than setting three fields does; and all of them
 * are looked at whenever the runtime collects garbage.
 */
export class SharedFields {
  readonly headers = new Headers()
  readonly #names: readonly string[]
  readonly #values: string[]

  constructor(names: readonly string[]) {
    this.#names = names
    this.#values = names.map(() => '')
    for (const name of names) this.headers.set(name, '')
  }

  /** The same texts, in place of those that are equal to what is shown: {@link show} compares them by address then. */
  likeShown(values: readonly string[]): string[] {
    return values.map((value, i) => (value === this.#values[i] ? (this.#values[i] as string) : value))
  }

  /** @param values one for each name, in their order */
  show(values: readonly string[]): Headers {
    const shown = this.#values
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i] as string
      if (value === shown[i]) continue
      this.headers.set(this.#names[i] as string, value)
      shown[i] = value
    }
    return this.headers
  }
}

/** An API has a few lists of names; what passes through may have any. */
const listsMax = 256
const byNames = new Map<string, SharedFields>()

/** The one for these names, which are different from each other. */
export function sharedFields(names: readonly string[]): SharedFields {
  const key = names.join('\n')
  const known = byNames.get(key)
  if (known !== undefined) return known
  // Whoever holds one keeps it; it is only not shared with those who come later.
  if (byNames.size >= listsMax) byNames.clear()
  const made = new SharedFields(names)
  byNames.set(key, made)
  return made
}
