import { type Resource, type StoredLayout, type StoredType, storedPathOf } from '@spillway/origin/contract'
import type { TSchema } from 'typebox'
import { arrayCodec } from './array-codec.ts'
import type { FieldCodec } from './field-codec.ts'
import { type Member, ObjectCodec } from './object-codec.ts'
import { opaque } from './opaque.ts'
import { boolean, integer, number, text, typed } from './scalars.ts'

/** Compiles the codec of a resource's fields: once, when the application is loaded. */
export function compileCodec({ schema }: Pick<Resource, 'schema'>, layout: StoredLayout): ObjectCodec {
  return objectCodec(schema, '', layout)
}

/** Codec of a time that the layout maps. */
export const timeCodec = ({ types }: StoredLayout, name: 'createdAt' | 'updatedAt'): FieldCodec =>
  types?.[name] === undefined ? text : typed(types[name], { isDay: false, isText: true })

interface Keywords {
  readonly type?: unknown
  readonly format?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly TSchema[]
  readonly items?: TSchema | readonly TSchema[]
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly patternProperties?: object
  readonly additionalProperties?: unknown
}

function codecOf(schema: TSchema, path: string, layout: StoredLayout): FieldCodec {
  const keywords: Keywords = schema
  const { type, format, anyOf, items, properties } = keywords
  const nullable = anyOf === undefined ? undefined : withoutNull(anyOf)
  if (nullable !== undefined) return orNull(codecOf(nullable, path, layout))
  if (type === 'object' && properties !== undefined && !takesOthers(keywords)) {
    return objectCodec(schema, path, layout)
  }
  if (type === 'array' && Array.isArray(items)) {
    const codecs = items.map((item) => codecOf(item, path, layout))
    return arrayCodec((index) => codecs[index])
  }
  if (type === 'array' && items !== undefined) {
    // The cast is safe: `items` is no list here.
    const codec = codecOf(items as TSchema, path, layout)
    return arrayCodec(() => codec)
  }
  const stored: StoredType | undefined = layout.types?.[path]
  if (stored !== undefined) return typed(stored, { isDay: format === 'date', isText: type === 'string' })
  return scalarOf(typeNameOf(keywords)) ?? opaque
}

function objectCodec(schema: TSchema, path: string, layout: StoredLayout): ObjectCodec {
  const { properties = {} }: Keywords = schema
  const outer = path === '' ? '' : `${storedPathOf(layout, path)}.`
  const members = Object.entries(properties).map(([name, field]): Member => {
    const inner = path === '' ? name : `${path}.${name}`
    const stored = storedPathOf(layout, inner).slice(outer.length).split('.')
    return { name, stored, codec: codecOf(field, inner, layout) }
  })
  return new ObjectCodec(members)
}

/** Whether an object may have members that its schema does not name. */
const takesOthers = ({ patternProperties, additionalProperties }: Keywords): boolean =>
  patternProperties !== undefined || (additionalProperties !== undefined && additionalProperties !== false)

/** The other schema of a union with null; `undefined` for other unions. */
function withoutNull(anyOf: readonly TSchema[]): TSchema | undefined {
  const others = anyOf.filter(({ type }: Keywords) => type !== 'null')
  return others.length === 1 && anyOf.length === 2 ? others[0] : undefined
}

const orNull = (codec: FieldCodec): FieldCodec => ({
  decode: (value, path, onMisfit) => (value === null ? null : codec.decode(value, path, onMisfit)),
  encode: (value, before, path) => (value === null ? null : codec.encode(value, before, path)),
  hides: (value) => value !== null && codec.hides(value),
  takesNull: true,
  least: codec.least,
})

/** JSON type of a value; of `enum` and `const`, that of all its values. */
function typeNameOf({ type, enum: choices, const: only }: Keywords): unknown {
  if (type !== undefined) return type
  const values = choices ?? (only === undefined ? [] : [only])
  const [first] = values
  return first !== undefined && values.every((value) => typeof value === typeof first)
    ? typeof first
    : undefined
}

function scalarOf(type: unknown): FieldCodec | undefined {
  switch (type) {
    case 'string':
      return text
    case 'integer':
      return integer
    case 'number':
      return number
    case 'boolean':
      return boolean
    default:
      return undefined
  }
}
