/**
 * A structured-field dictionary (RFC 9651 §4.2.2). Unlike `Cache-Control`, it is strict: one malformed member
 * invalidates the whole field, which then must not override others. Parsed once from left to right without
 * backtracking, in linear time.
 */
export interface StructuredValue {
  readonly type:
    | 'boolean'
    | 'integer'
    | 'decimal'
    | 'string'
    | 'token'
    | 'bytes'
    | 'date'
    | 'display-string'
    | 'inner-list'
  /** As written; strings without quotes and escapes, booleans as `?1` and `?0`. */
  readonly text: string
}

/** Minimum number that a parser must support (§3.2). A larger dictionary counts as malformed. */
const membersMax = 1024

/** @returns `undefined` when the value is empty or malformed */
export function parseStructuredDictionary(value: string): ReadonlyMap<string, StructuredValue> | undefined {
  const reader = new Reader(value)
  reader.skipSpaces()
  if (reader.isAtEnd) return undefined
  const found = new Map<string, StructuredValue>()
  for (let count = 0; count < membersMax; count += 1) {
    const key = reader.key()
    if (key === undefined) return undefined
    const member = reader.isTaken('=') ? reader.itemOrInnerList() : bare
    if (member === undefined || !reader.skipParameters()) return undefined
    // §4.2.2: the last of a repeated key counts, at the position of the first.
    found.set(key, member)
    reader.skipBlanks()
    if (reader.isAtEnd) return found
    if (!reader.isTaken(',')) return undefined
    reader.skipBlanks()
    // A trailing comma is malformed (§4.2.2).
    if (reader.isAtEnd) return undefined
  }
  return undefined
}

const bare: StructuredValue = { type: 'boolean', text: '?1' }

/** Character class as a table by code: one look-up per character. */
const kind = (pattern: RegExp): readonly boolean[] =>
  Array.from({ length: 128 }, (_, code) => pattern.test(String.fromCharCode(code)))

const keyStart = kind(/[a-z*]/)
const keyRest = kind(/[a-z0-9_\-.*]/)
const tokenStart = kind(/[A-Za-z*]/)
const tokenRest = kind(/[!#$%&'*+\-.^_`|~0-9A-Za-z:/]/)
const base64 = kind(/[A-Za-z0-9+/=]/)
const digit = kind(/[0-9]/)
const lowerHex = kind(/[0-9a-f]/)
const stringText = kind(/[ !#-[\]-~]/)
const displayText = kind(/[ !#$&-~]/)

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** §4.2: trailing spaces have been skipped before. */
  get isAtEnd(): boolean {
    return this.#at === this.#text.length
  }

  skipSpaces(): void {
    while (this.#text.charCodeAt(this.#at) === 0x20) this.#at += 1
  }

  skipBlanks(): void {
    while (this.#text.charCodeAt(this.#at) === 0x20 || this.#text.charCodeAt(this.#at) === 0x09) this.#at += 1
  }

  isTaken(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  key(): string | undefined {
    return this.#run(keyStart, keyRest)
  }

  itemOrInnerList(): StructuredValue | undefined {
    return this.#text[this.#at] === '(' ? this.#innerList() : this.#bareItem()
  }

  /** §4.2.3.2. @returns `false` when malformed */
  skipParameters(): boolean {
    while (this.isTaken(';')) {
      this.skipSpaces()
      if (this.key() === undefined) return false
      if (this.isTaken('=') && this.#bareItem(false) === undefined) return false
    }
    return true
  }

  /** §4.2.1.2: items separated by spaces; lists do not nest. */
  #innerList(): StructuredValue | undefined {
    const start = this.#at
    this.#at += 1
    while (!this.isAtEnd) {
      this.skipSpaces()
      if (this.isTaken(')')) return { type: 'inner-list', text: this.#text.slice(start, this.#at) }
      if (this.#bareItem(false) === undefined || !this.skipParameters()) return undefined
      const next = this.#text[this.#at]
      if (next !== ' ' && next !== ')') return undefined
    }
    return undefined
  }

  /** §4.2.3.1: the first character decides the type. @param isKept whether the text is used */
  #bareItem(isKept = true): StructuredValue | undefined {
    const start = this.#at
    switch (this.#text[start]) {
      case '"':
        return this.#string(isKept)
      case ':':
        this.#at += 1
        this.#skip(base64)
        return this.isTaken(':') ? { type: 'bytes', text: this.#text.slice(start, this.#at) } : undefined
      case '?': {
        const text = this.#text.slice(start, start + 2)
        this.#at += 2
        return text === '?1' || text === '?0' ? { type: 'boolean', text } : undefined
      }
      case '@': {
        this.#at += 1
        const number = this.#number()
        if (number?.type !== 'integer') return undefined
        return { type: 'date', text: `@${number.text}` }
      }
      case '%':
        return this.#displayString()
      default: {
        const code = this.#text.charCodeAt(start)
        if (digit[code] === true || code === 0x2d) return this.#number()
        const text = this.#run(tokenStart, tokenRest)
        return text === undefined ? undefined : { type: 'token', text }
      }
    }
  }

  /** §4.2.4: at most fifteen digits, or twelve before and three after the point. */
  #number(): StructuredValue | undefined {
    const start = this.#at
    if (this.#text[start] === '-') this.#at += 1
    const whole = this.#skip(digit)
    if (whole === 0 || whole > 15) return undefined
    if (!this.isTaken('.')) return { type: 'integer', text: this.#text.slice(start, this.#at) }
    const fraction = this.#skip(digit)
    if (whole > 12 || fraction === 0 || fraction > 3) return undefined
    return { type: 'decimal', text: this.#text.slice(start, this.#at) }
  }

  /** §4.2.5: characters between quotes, with two that are escaped. */
  #string(isKept: boolean): StructuredValue | undefined {
    const start = this.#at + 1
    this.#at = start
    let isEscaped = false
    while (true) {
      this.#skip(stringText)
      const next = this.#text[this.#at]
      if (next === '"') break
      const after = this.#text[this.#at + 1]
      if (next !== '\\' || (after !== '"' && after !== '\\')) return undefined
      isEscaped = true
      this.#at += 2
    }
    const text = this.#text.slice(start, this.#at)
    this.#at += 1
    return { type: 'string', text: isEscaped && isKept ? text.replace(/\\(.)/g, '$1') : text }
  }

  /** §4.2.10: kept as written, without decoding its bytes. */
  #displayString(): StructuredValue | undefined {
    const start = this.#at
    this.#at += 1
    if (!this.isTaken('"')) return undefined
    while (true) {
      this.#skip(displayText)
      if (this.isTaken('"')) return { type: 'display-string', text: this.#text.slice(start, this.#at) }
      if (!this.isTaken('%')) return undefined
      const first = this.#text.charCodeAt(this.#at)
      const second = this.#text.charCodeAt(this.#at + 1)
      if (lowerHex[first] !== true || lowerHex[second] !== true) return undefined
      this.#at += 2
    }
  }

  #run(first: readonly boolean[], rest: readonly boolean[]): string | undefined {
    const start = this.#at
    if (first[this.#text.charCodeAt(start)] !== true) return undefined
    this.#at += 1
    this.#skip(rest)
    return this.#text.slice(start, this.#at)
  }

  /** @returns the number of skipped characters */
  #skip(characters: readonly boolean[]): number {
    const start = this.#at
    while (characters[this.#text.charCodeAt(this.#at)] === true) this.#at += 1
    return this.#at - start
  }
}
