import { isDeepStrictEqual } from 'node:util'
import {
  type FieldCodec,
  isAbsent,
  isDocument,
  type Members,
  type OnMisfit,
  UnstorableError,
} from './field-codec.ts'

/** A member of an object, and the names that lead to its stored value. */
export interface Member {
  readonly name: string
  readonly stored: readonly string[]
  readonly codec: FieldCodec
}

/** Changes of a document, as operands of `$set` and `$unset`. */
export interface Changes {
  readonly set: Map<string, unknown>
  readonly unset: Set<string>
}

/**
 * Codec of an object with known members. What else is stored in it is neither shown nor touched: a change names the
 * members that differ, and no other.
 */
export class ObjectCodec implements FieldCodec {
  readonly #members: readonly Member[]

  constructor(members: readonly Member[]) {
    this.#members = members
  }

  memberAt(index: number): FieldCodec {
    const member = this.#members[index]
    if (member === undefined) throw new RangeError(`no member ${index}`)
    return member.codec
  }

  decode(value: unknown, path: string, onMisfit: OnMisfit): Record<string, unknown> | undefined {
    if (!isDocument(value)) return undefined
    const decoded: Record<string, unknown> = {}
    for (const { name, stored, codec } of this.#members) {
      const found = valueAt(value, stored)
      if (found === undefined || (found === null && codec.takesNull !== true)) continue
      const inner = path === '' ? name : `${path}.${name}`
      const member = codec.decode(found, inner, onMisfit)
      if (member === undefined) onMisfit(inner, found)
      else decoded[name] = member
    }
    return decoded
  }

  /** Builds a new object; `before` only tells types. */
  encode(value: unknown, before: unknown, path: string): Members {
    const encoded: Record<string, unknown> = {}
    for (const { name, stored, codec } of this.#members) {
      // The cast is safe: the schema has validated the value.
      const member = (value as Members)[name]
      if (member === undefined) continue
      const at = valueAt(before, stored)
      put(encoded, stored, codec.encode(member, isAbsent(at) ? undefined : at, `${path}.${name}`))
    }
    return encoded
  }

  hides(value: unknown): boolean {
    return !isDocument(value) || hidesBeside(value, this.#members)
  }

  /**
   * Collects the changes of a stored object.
   *
   * @param before what was shown of `stored`
   * @param outer stored path of the object, with a dot at its end; empty for the document
   * @throws {UnstorableError} if a change would lose what is not shown
   */
  changes(
    stored: Members,
    { before, after }: { readonly before: Members; readonly after: Members },
    { path, outer }: { readonly path: string; readonly outer: string },
    into: Changes,
  ): void {
    for (const { name, stored: names, codec } of this.#members) {
      const [old, next] = [before[name], after[name]]
      if (isDeepStrictEqual(old, next)) continue
      const inner = path === '' ? name : `${path}.${name}`
      const found = valueAt(stored, names)
      if (next === undefined) {
        if (codec.hides(found)) throw new UnstorableError(inner, loses)
        into.unset.add(outer + names.join('.'))
      } else if (codec instanceof ObjectCodec && isDocument(found)) {
        // The casts are safe: the schema has validated the value, and the stored one was shown as an object.
        const shown = { before: old as Members, after: next as Members }
        codec.changes(found, shown, { path: inner, outer: `${outer}${names.join('.')}.` }, into)
      } else {
        const encoded = codec.encode(next, isAbsent(found) ? undefined : found, inner)
        setWithin(stored, { names, outer, inner }, encoded, into)
      }
    }
  }
}

const loses =
  'The stored value has parts that the schema does not describe, and they would be lost: leave it, or change single fields.'

/** Sets a value, and the objects around it that are missing. */
function setWithin(
  stored: Members,
  {
    names,
    outer,
    inner,
  }: { readonly names: readonly string[]; readonly outer: string; readonly inner: string },
  encoded: unknown,
  { set }: Changes,
): void {
  let around = stored
  for (const [index, name] of names.slice(0, -1).entries()) {
    const found = around[name]
    if (found === undefined) break
    if (found === null) {
      // No path leads through null: the object takes its place, with every member that is set in it.
      const place = outer + names.slice(0, index + 1).join('.')
      // The cast is safe: `checkStoredLayout` lets no field be stored at a path that leads to another's.
      const made = (set.get(place) ?? {}) as Record<string, unknown>
      put(made, names.slice(index + 1), encoded)
      set.set(place, made)
      return
    }
    if (!isDocument(found)) throw new UnstorableError(inner, notWithin)
    around = found
  }
  set.set(outer + names.join('.'), encoded)
}

const notWithin =
  'The stored document has another value where an object is needed: this field cannot be stored in it.'

/** The value that names lead to, through documents alone. */
export function valueAt(value: unknown, names: readonly string[]): unknown {
  let at = value
  for (const name of names) {
    if (!isDocument(at) || !Object.hasOwn(at, name)) return undefined
    at = at[name]
  }
  return at
}

/** Puts a value into a new document, within new documents. */
export function put(target: Record<string, unknown>, names: readonly string[], value: unknown): void {
  const [name = '', ...rest] = names
  if (rest.length === 0) {
    target[name] = value
    return
  }
  // The cast is safe: `checkStoredLayout` lets no field be stored at a path that leads to another's.
  const inner = (Object.hasOwn(target, name) ? target[name] : {}) as Record<string, unknown>
  target[name] = inner
  put(inner, rest, value)
}

function hidesBeside(value: Members, members: readonly Member[]): boolean {
  return Object.entries(value).some(([name, found]) => {
    if (isAbsent(found)) return false
    const known = members.filter(({ stored }) => stored[0] === name)
    if (known.length === 0) return true
    const [only] = known
    if (only?.stored.length === 1) return only.codec.hides(found)
    const within = known.map((member) => ({ ...member, stored: member.stored.slice(1) }))
    return !isDocument(found) || hidesBeside(found, within)
  })
}
