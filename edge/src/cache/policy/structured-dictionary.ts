/**
 * A structured-field dictionary (RFC 9651 §4.2.2). Strict where `Cache-Control` is lenient: one bad member and the whole
 * field is as if absent, which is the point of a field that takes precedence over others. Read once from left to right,
 * without looking back: the time it takes grows as the text does.
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
  /** As written, strings without quotes and escapes; `?1` and `?0` of a boolean. */
  readonly text: string
}

/** @returns `undefined` when the value is empty or malformed */
export function parseStructuredDictionary(value: string): ReadonlyMap<string, StructuredValue> | undefined {
  const reader = new Reader(value)
  reader.skipSpaces()
  if (reader.isAtEnd) return undefined
  const found = new Map<string, StructuredValue>()
  while (true) {
    const key = reader.key()
    if (key === undefined) return undefined
    const member = reader.isTaken('=') ? reader.itemOrInnerList() : bare
    if (member === undefined || !reader.skipParameters()) return undefined
    // §4.2.2: of a repeated key the last counts, in the place of the first.
    found.set(key, member)
    reader.skipBlanks()
    if (reader.isAtEnd) return found
    if (!reader.isTaken(',')) return undefined
    reader.skipBlanks()
    // A trailing comma is malformed (§4.2.2).
    if (reader.isAtEnd) return undefined
  }
}

const bare: StructuredValue = { type: 'boolean', text: '?1' }

/** Each expression is tried at one place only, and none of its parts can match what the next one could: no backtracking. */
const keyText = /[a-z*][a-z0-9_\-.*]*/y
const number = /-?(\d{1,15})(?:\.(\d{1,3}))?(?![\d.])/y
const date = /@-?\d{1,15}(?![\d.])/y
const token = /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y
const bytes = /:[A-Za-z0-9+/=]*:/y
const boolean = /\?[01]/y
const string = /"((?:[ !#-[\]-~]|\\["\\])*)"/y
const displayString = /%"((?:[ !#$&-~]|%[0-9a-f]{2})*)"/y

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Spaces alone are left: §4.2 discards those at the end. */
  get isAtEnd(): boolean {
    return this.#at === this.#text.length
  }

  skipSpaces(): void {
    while (this.#text[this.#at] === ' ') this.#at += 1
  }

  skipBlanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at += 1
  }

  isTaken(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  key(): string | undefined {
    return this.#match(keyText)?.[0]
  }

  itemOrInnerList(): StructuredValue | undefined {
    return this.#text[this.#at] === '(' ? this.#innerList() : this.#bareItem()
  }

  /** §4.2.3.2. @returns `false` when malformed */
  skipParameters(): boolean {
    while (this.isTaken(';')) {
      this.skipSpaces()
      if (this.key() === undefined) return false
      if (this.isTaken('=') && this.#bareItem() === undefined) return false
    }
    return true
  }

  /** §4.2.1.2: items between spaces, none of which is a list. */
  #innerList(): StructuredValue | undefined {
    const start = this.#at
    this.#at += 1
    while (!this.isAtEnd) {
      this.skipSpaces()
      if (this.isTaken(')')) return { type: 'inner-list', text: this.#text.slice(start, this.#at) }
      if (this.#bareItem() === undefined || !this.skipParameters()) return undefined
      const next = this.#text[this.#at]
      if (next !== ' ' && next !== ')') return undefined
    }
    return undefined
  }

  /** §4.2.3.1: the first character tells the type. */
  #bareItem(): StructuredValue | undefined {
    switch (this.#text[this.#at]) {
      case '"': {
        const text = this.#match(string)?.[1]
        return text === undefined ? undefined : { type: 'string', text: text.replace(/\\(.)/g, '$1') }
      }
      case ':':
        return this.#item('bytes', bytes)
      case '?':
        return this.#item('boolean', boolean)
      case '@':
        return this.#item('date', date)
      case '%':
        return this.#item('display-string', displayString)
      default: {
        const match = this.#match(number)
        if (match === null) return this.#item('token', token)
        const [text, whole = '', fraction] = match
        if (fraction === undefined) return { type: 'integer', text }
        // §4.2.4: at most twelve digits before the point.
        return whole.length > 12 ? undefined : { type: 'decimal', text }
      }
    }
  }

  #item(type: StructuredValue['type'], pattern: RegExp): StructuredValue | undefined {
    const text = this.#match(pattern)?.[0]
    return text === undefined ? undefined : { type, text }
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match !== null) this.#at = pattern.lastIndex
    return match
  }
}
