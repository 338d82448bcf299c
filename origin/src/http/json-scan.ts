import { limits, losesDigits } from '@spillway/origin/contract'

/**
 * Finds faults of a JSON text other than its syntax: nesting, members, names and numbers. Runs before `JSON.parse`,
 * which takes a hundred times as long for a body of member names that it has never seen. So it also meets malformed
 * JSON, and leaves that to the parser. One pass in the order of the text; stops at the first fault.
 */
export function findObjection(text: string): string | undefined {
  const members = new Members()
  let wantsName = false
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charCodeAt(index)
    if (char === quote) {
      const end = endOfString(text, index)
      if (end === -1) return undefined
      if (wantsName) {
        const objection = members.add(text.slice(index + 1, end), index)
        if (objection !== undefined) return objection
        wantsName = false
      }
      index = end
    } else if (char === openBrace || char === openBracket) {
      members.open(char === openBrace)
      if (members.depth > limits.jsonDepthMax)
        return `JSON nested too deeply: at most ${limits.jsonDepthMax} levels.`
      if (members.containers > limits.jsonContainersMax) {
        return `Too many arrays and objects: at most ${limits.jsonContainersMax}.`
      }
      wantsName = char === openBrace
    } else if (char === closeBrace || char === closeBracket) {
      members.close()
      wantsName = false
    } else if (char === comma) {
      wantsName = members.isInObject
    } else if (char === minus || isDigit(char)) {
      const start = index
      let exponentAt = Number.NaN
      for (let next = text.charCodeAt(index + 1); isNumberPart(next); next = text.charCodeAt(index + 1)) {
        index += 1
        if (isExponent(next)) exponentAt = index
      }
      // perf: skips short numbers, which no double loses: a body may hold tens of thousands.
      if (index - start < exactDigits && !(index - exponentAt > exactExponentDigits)) continue
      const number = text.slice(start, index + 1)
      if (losesDigits(number) && !Number.isNaN(Number(number))) {
        return `Number cannot be represented exactly: see character ${start + 1}.`
      }
    }
  }
  return undefined
}

/** Digits that a double always keeps, wherever the point is and with any exponent of up to two digits. */
const exactDigits = 15
const exactExponentDigits = 2

const quote = 0x22
const comma = 0x2c
const minus = 0x2d
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/**
 * Member names of the open objects. Objects of one depth follow one another, so there is one map per depth, from a name
 * to the number of the last object that had it. perf: nothing is allocated per object.
 */
class Members {
  /** Number of the object that is open at each depth; 0 for an array. */
  readonly #open: number[] = []
  readonly #lastSeen: Map<string, { object: number }>[] = []
  /** Number of objects and arrays so far. */
  containers = 0
  #names = 0

  get depth(): number {
    return this.#open.length
  }

  get isInObject(): boolean {
    return (this.#open.at(-1) ?? 0) > 0
  }

  open(isObject: boolean): void {
    this.containers += 1
    this.#open.push(isObject ? this.containers : 0)
  }

  close(): void {
    this.#open.pop()
  }

  /** @param raw the name as written, without its quotes */
  add(raw: string, index: number): string | undefined {
    const name = raw.includes('\\') ? unescaped(raw) : raw
    // The name is malformed JSON: the parser reports the position.
    if (name === undefined) return undefined
    if (name === '__proto__') return 'Member name __proto__ is not allowed.'
    const depth = this.#open.length
    this.#lastSeen[depth] ??= new Map()
    const lastSeen = this.#lastSeen[depth]
    // The cast is safe: names occur only inside an open object.
    const object = this.#open[depth - 1] as number
    const before = lastSeen.get(name)
    if (before?.object === object) return `Duplicate member in an object: see character ${index + 1}.`
    if (before !== undefined) {
      // perf: updates the entry in place, to save a second look-up.
      before.object = object
      return undefined
    }
    this.#names += 1
    lastSeen.set(name, { object })
    return this.#names > limits.jsonNamesMax
      ? `A body has at most ${limits.jsonNamesMax} different member names.`
      : undefined
  }
}

function unescaped(raw: string): string | undefined {
  try {
    // The cast is safe: JSON in quotes is a string.
    return JSON.parse(`"${raw}"`) as string
  } catch {
    return undefined
  }
}

function endOfString(text: string, start: number): number {
  const end = text.indexOf('"', start + 1)
  if (text.charCodeAt(end - 1) !== backslash) return end
  // perf: goes character by character, because `indexOf` would stop at each of many escaped quotes.
  for (let index = text.indexOf('\\', start + 1); index < text.length; index += 1) {
    const char = text.charCodeAt(index)
    if (char === quote) return index
    if (char === backslash) index += 1
  }
  return -1
}

const isDigit = (char: number): boolean => char >= 0x30 && char <= 0x39

/** `+ - . 0-9 E e` */
const isNumberPart = (char: number): boolean =>
  isDigit(char) || char === 0x2e || char === minus || char === 0x2b || isExponent(char)

const isExponent = (char: number): boolean => char === 0x65 || char === 0x45
