/** Header fields that can be looked up by lower-case name, as in a `Headers`. */
export interface FieldReader {
  get(name: string): string | null
  has(name: string): boolean
}

/** Header fields that can be copied: a `Headers`, or a {@link FieldMap}. */
export interface FieldSource extends FieldReader {
  forEach(callback: (value: string, name: string) => void): void
}

/** Body of a `Response`, by whichever library types it. */
type Body = ConstructorParameters<typeof Response>[0]

/** The header whose values must not be joined (RFC 9110 §5.3). */
const unjoined = 'set-cookie'

/**
 * Header fields as plain data, with the methods of a `Headers` that the edge uses; names are lower case. perf: a
 * `Headers` lives in the runtime, and each call crosses into it. An answer on its way through the cache is read thirty
 * times and copied four, so it is read out of the runtime once and handed back once.
 */
export class FieldMap implements FieldSource {
  readonly #values = new Map<string, string>()
  readonly #cookies: string[] = []

  constructor(fields: Iterable<readonly [name: string, value: string]> = []) {
    for (const [name, value] of fields) this.append(name, value)
  }

  static of(fields: FieldSource): FieldMap {
    const map = new FieldMap()
    fields.forEach((value, name) => {
      map.append(name, value)
    })
    return map
  }

  get(name: string): string | null {
    if (name === unjoined && this.#cookies.length > 0) return this.#cookies.join(', ')
    return this.#values.get(name) ?? null
  }

  has(name: string): boolean {
    return this.#values.has(name) || (name === unjoined && this.#cookies.length > 0)
  }

  set(name: string, value: string): void {
    if (name === unjoined) this.#cookies.splice(0, Number.POSITIVE_INFINITY, value)
    else this.#values.set(name, value)
  }

  append(name: string, value: string): void {
    if (name === unjoined) {
      this.#cookies.push(value)
      return
    }
    const before = this.#values.get(name)
    this.#values.set(name, before === undefined ? value : `${before}, ${value}`)
  }

  delete(name: string): void {
    if (name === unjoined) this.#cookies.length = 0
    else this.#values.delete(name)
  }

  getSetCookie(): readonly string[] {
    return this.#cookies
  }

  forEach(callback: (value: string, name: string) => void): void {
    this.#values.forEach(callback)
    for (const cookie of this.#cookies) callback(cookie, unjoined)
  }

  *keys(): Generator<string> {
    yield* this.#values.keys()
    if (this.#cookies.length > 0) yield unjoined
  }

  *[Symbol.iterator](): Generator<[name: string, value: string]> {
    yield* this.#values
    for (const cookie of this.#cookies) yield [unjoined, cookie]
  }

  /** Pairs, for storage. */
  pairs(): [name: string, value: string][] {
    const pairs = [...this.#values]
    for (const cookie of this.#cookies) pairs.push([unjoined, cookie])
    return pairs
  }

  /** As a `Headers` takes them. perf: the runtime reads an object in half the time of a list of pairs. */
  toInit(): Record<string, string> | [name: string, value: string][] {
    return this.#cookies.length > 0 ? this.pairs() : Object.fromEntries(this.#values)
  }

  /** A `Response` with these fields. perf: a list of pairs for the sake of one cookie costs 13 CPU µs more. */
  toResponse(body: Body, init: Pick<ResponseInit, 'status' | 'statusText'>): Response {
    const response = new Response(body, { ...init, headers: Object.fromEntries(this.#values) })
    for (const cookie of this.#cookies) response.headers.append(unjoined, cookie)
    return response
  }
}
