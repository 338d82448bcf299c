import type { FieldCodec } from './field-codec.ts'
import type { IdCodec } from './id-codec.ts'

type Condition = Readonly<Record<string, unknown>>

/** A compared field: its stored path, and the codec of its values (for an array, of its items). */
export interface Compared {
  readonly path: string
  readonly codec: FieldCodec
}

export interface FilterTerms {
  readonly id: IdCodec
  /** @throws {TypeError} if no filter or sort is declared on the field */
  readonly compared: (field: string) => Compared
}

/** Names of the store's own fields in conditions (`../envelope.ts`). */
const versionField = '_v'
const idField = '_id'

/** No value is in an empty list. */
const nothing: Condition = { $in: [] }

/**
 * Translates a condition of {@link ../list-plan.ts} into stored names and BSON values. A value that no stored one can
 * equal, such as a subject that is no ObjectId, matches nothing.
 */
export function translateFilter(filter: Condition, terms: FilterTerms): Condition {
  const translated: Record<string, unknown> = {}
  for (const [name, operand] of Object.entries(filter)) {
    if (name === '$and' || name === '$or') {
      // The cast is safe: the operand of both is a list of conditions.
      translated[name] = (operand as readonly Condition[]).map((one) => translateFilter(one, terms))
    } else if (name.startsWith('$')) translated[name] = operand
    // Every document of the collection is one: there are no versions, and no tombstones.
    else if (name === versionField) translated[idField] = terms.id.isOfType
    else {
      // The cast is safe: a plan compares with operators only, never with a bare value.
      const operators = operand as Condition
      if (name === idField) {
        translated[idField] = comparison(operators, (id) => terms.id.encode(String(id)))
        continue
      }
      const { path, codec } = terms.compared(name)
      translated[path] = comparison(operators, (value) => stored(value, codec))
    }
  }
  return translated
}

function comparison(operators: Condition, encode: (value: unknown) => unknown): Condition {
  const translated: Record<string, unknown> = {}
  for (const [operator, operand] of Object.entries(operators)) {
    if (operator === '$exists') translated[operator] = operand
    else if (Array.isArray(operand)) {
      translated[operator] = operand.map(encode).filter((value) => value !== undefined)
    } else {
      const value = encode(operand)
      if (value === undefined) return nothing
      translated[operator] = value
    }
  }
  return translated
}

/** A compared value in BSON. The least JSON value of a type stands for the least stored one: see `exists`. */
function stored(value: unknown, codec: FieldCodec): unknown {
  if (value === '' || value === -Number.MAX_VALUE) return codec.least
  try {
    const encoded = codec.encode(value, undefined, '')
    return codec.hides(encoded) ? undefined : encoded
  } catch {
    return undefined
  }
}
