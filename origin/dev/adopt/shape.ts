import { Double, Int32, Long } from 'mongodb'
import { bsonTypeOf } from '../../src/store/codec/bson-type.ts'
import { isDocument } from '../../src/store/codec/field-codec.ts'

/** Forms of text that the contract has words for. */
export const textForms = {
  'date-time': /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/,
  date: /^\d{4}-\d{2}-\d{2}$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  'object-id': /^[0-9a-f]{24}$/,
} as const
export type TextForm = keyof typeof textForms

/** Values seen at one path of the sampled documents. */
export interface Shape {
  /** Number of values by BSON type, `null` among them. */
  readonly types: Map<string, number>
  /** Members of the objects. */
  readonly members: Map<string, Shape>
  /** Items of the arrays. */
  items: Shape | undefined
  /** Forms that every text has; `undefined` before the first text. */
  forms: ReadonlySet<TextForm> | undefined
  /** Whether every integer is one that a JSON number holds exactly. */
  isSafe: boolean
  /** Whether every number is an integer. */
  isWhole: boolean
}

export const newShape = (): Shape => ({
  types: new Map(),
  members: new Map(),
  items: undefined,
  forms: undefined,
  isSafe: true,
  isWhole: true,
})

/** Adds a value to what was seen. */
export function see(shape: Shape, value: unknown): void {
  const type = bsonTypeOf(value)
  shape.types.set(type, (shape.types.get(type) ?? 0) + 1)
  if (Array.isArray(value)) {
    shape.items ??= newShape()
    for (const item of value) see(shape.items, item)
  } else if (isDocument(value)) {
    for (const [name, member] of Object.entries(value)) {
      const inner = shape.members.get(name) ?? newShape()
      shape.members.set(name, inner)
      see(inner, member)
    }
  } else if (typeof value === 'string') {
    // The cast is safe: `textForms` has no keys but the forms.
    const known = shape.forms ?? new Set(Object.keys(textForms) as TextForm[])
    shape.forms = new Set([...known].filter((form) => textForms[form].test(value)))
  } else if (Long.isLong(value)) {
    shape.isSafe &&= Number.isSafeInteger(value.toNumber())
  } else if (value instanceof Double || value instanceof Int32) {
    shape.isWhole &&= Number.isSafeInteger(value.value)
  }
}

/** Number of values that are not null. */
export const countOf = ({ types }: Shape): number =>
  [...types].reduce((sum, [type, count]) => (type === 'null' ? sum : sum + count), 0)
