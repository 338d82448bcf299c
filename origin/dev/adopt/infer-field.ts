import type { StoredType } from '@spillway/origin/contract'
import { fieldNames } from './names.ts'
import { countOf, type Shape } from './shape.ts'

/** A field as inferred: the source of its schema, and where it is stored. */
export interface Inferred {
  /** Source text of the schema. */
  readonly schema: string
  /** Whether lists can compare the field, and how. */
  readonly compares: 'order' | 'equal' | 'items' | undefined
  readonly isPoint?: boolean
  /** Members of an object. */
  readonly members?: readonly InferredMember[]
}

/** The result of a collection, filled by {@link inferField}. */
export interface Findings {
  /** Stored path by field, where the name differs. */
  readonly fields: Record<string, string>
  readonly types: Record<string, StoredType>
  /** Sentences about what could not be inferred. */
  readonly notes: string[]
  /** Words that the file must import from the contract. */
  readonly words: Set<string>
}

/** A field's own path, and the path where it is stored. */
export interface Place {
  readonly field: string
  readonly stored: string
}

/** Share of the values that must have one type, so that the others count as exceptions. */
const dominantShare = 0.9
/** Members of an object above which it is a dictionary, if most documents lack most of them. */
const membersMax = 40

const unknown: Inferred = { schema: 'Type.Unknown()', compares: undefined }

/** Infers the schema of one field. */
export function inferField(shape: Shape, place: Place, findings: Findings): Inferred {
  const total = countOf(shape)
  const { types, notes } = findings
  if (total === 0) {
    notes.push(`${place.stored}: every value is null; its type is unknown`)
    return unknown
  }
  const type = dominantType(shape)
  if (type === undefined) {
    notes.push(
      `${place.stored}: has the types ${shares(shape)}; it is shown as it is, and cannot be filtered`,
    )
    return unknown
  }
  if (type.count < total) {
    notes.push(`${place.stored}: is ${type.name}, but ${shares(shape)} occur; other values are not shown`)
  }
  const typed = (stored: StoredType, schema: string, compares: Inferred['compares'] = 'order'): Inferred => {
    types[place.field] = stored
    return { schema, compares }
  }
  const word = (name: string): string => {
    findings.words.add(name)
    return `${name}()`
  }
  switch (type.name) {
    case 'string':
      return text(shape, word)
    case 'bool':
      return { schema: 'Type.Boolean()', compares: 'equal' }
    case 'int':
      return { schema: 'Type.Integer()', compares: 'order' }
    case 'double':
      return { schema: 'Type.Number()', compares: 'order' }
    case 'long':
      if (!shape.isSafe) return typed('long', word('int64'))
      notes.push(
        `${place.stored}: 64-bit integers, in the sample all within 2^53; use int64() if there are larger ones`,
      )
      return typed('long', 'Type.Integer()')
    case 'decimal':
      return typed('decimal', word('decimal'))
    case 'date':
      return typed('date', "Type.String({ format: 'date-time' })")
    case 'objectId':
      return typed('objectId', word('objectId'), 'equal')
    case 'uuid':
      return typed('uuid', "Type.String({ format: 'uuid' })", 'equal')
    case 'array':
      return inferArray(shape, place, findings)
    case 'object':
      return inferObject(shape, place, findings)
    default:
      notes.push(
        `${place.stored}: the type ${type.name} has no form in JSON; it is shown as far as it can be`,
      )
      return unknown
  }
}

function text({ forms = new Set() }: Shape, word: (name: string) => string): Inferred {
  if (forms.has('object-id')) return { schema: word('objectId'), compares: 'equal' }
  for (const form of ['date-time', 'date'] as const) {
    if (forms.has(form)) return { schema: `Type.String({ format: '${form}' })`, compares: 'order' }
  }
  return {
    schema: forms.has('uuid') ? "Type.String({ format: 'uuid' })" : 'Type.String()',
    compares: 'equal',
  }
}

function inferArray({ items }: Shape, place: Place, findings: Findings): Inferred {
  if (items === undefined || items.types.size === 0) {
    findings.notes.push(`${place.stored}: every array is empty; the type of its items is unknown`)
    return { schema: 'Type.Array(Type.Unknown())', compares: undefined }
  }
  const item = inferField(items, place, findings)
  const compares = item.compares === undefined ? undefined : 'items'
  return { schema: `Type.Array(${item.schema})`, compares }
}

function inferObject(shape: Shape, place: Place, findings: Findings): Inferred {
  if (isPoint(shape)) {
    const others = [...shape.members.keys()].filter((name) => name !== 'type' && name !== 'coordinates')
    if (others.length > 0)
      findings.notes.push(`${place.stored}: is a point that has ${others.join(', ')} too; they are not shown`)
    findings.words.add('geoPoint')
    return { schema: 'geoPoint()', compares: undefined, isPoint: true }
  }
  const objects = shape.types.get('object') ?? 0
  const values = [...shape.members.values()].reduce((sum, member) => sum + countOf(member), 0)
  if (shape.members.size > membersMax && values < (objects * shape.members.size) / 2) {
    findings.notes.push(
      `${place.stored}: has ${shape.members.size} names, most of them rare; it is taken for a dictionary`,
    )
    return unknown
  }
  const members = inferMembers(shape, place, findings)
  if (members.length === 0) return unknown
  return {
    schema: `Type.Object({ ${members.map(({ source }) => source).join(', ')} })`,
    compares: undefined,
    members,
  }
}

/** A member of an object, or of the document. */
export interface InferredMember extends Inferred {
  readonly field: string
  readonly stored: string
  readonly isRequired: boolean
  /** Source text of the member in its object's schema. */
  readonly source: string
}

/** Infers the members of an object. @param outer place of the object; without one, it is the document */
export function inferMembers(
  shape: Shape,
  outer: Place | undefined,
  findings: Findings,
  skipped: ReadonlySet<string> = new Set(),
): readonly InferredMember[] {
  const objects = shape.types.get('object') ?? 0
  const inner = (path: string | undefined, name: string) => (path === undefined ? name : `${path}.${name}`)
  const named = [...shape.members].filter(([name]) => !skipped.has(name))
  const names = fieldNames(
    named.map(([name]) => name),
    {
      isTop: outer === undefined,
      note: (name, why) => findings.notes.push(`${inner(outer?.stored, name)}: ${why}`),
    },
  )
  return named.flatMap(([name, member]) => {
    const field = names.get(name)
    if (field === undefined) return []
    const place = { field: inner(outer?.field, field), stored: inner(outer?.stored, name) }
    if (field !== name) findings.fields[place.field] = place.stored
    const inferred = inferField(member, place, findings)
    const isRequired = inferred.schema !== unknown.schema && dominantType(member)?.count === objects
    const schema = isRequired ? inferred.schema : `Type.Optional(${inferred.schema})`
    return [{ ...inferred, ...place, isRequired, source: `${field}: ${schema}` }]
  })
}

/** The type that nearly all values have. Integers count as any kind of number that is wider. */
function dominantType(shape: Shape): { readonly name: string; readonly count: number } | undefined {
  const total = countOf(shape)
  const counts = new Map(shape.types)
  counts.delete('null')
  const numbers = ['int', 'long', 'double', 'decimal'].filter((name) => counts.has(name))
  const widest = numbers.at(-1)
  if (widest !== undefined && numbers.length > 1) {
    // A long beside a double may not fit a JSON number; a double beside a decimal has no exact decimal form.
    const joins = numbers.filter((name) => !(widest === 'decimal' && name === 'double'))
    const sum = joins.reduce((all, name) => all + (counts.get(name) ?? 0), 0)
    for (const name of joins) counts.delete(name)
    counts.set(widest, sum)
  }
  const [first] = [...counts].sort(([, a], [, b]) => b - a)
  if (first === undefined || first[1] < total * dominantShare) return undefined
  return { name: first[0], count: first[1] }
}

const shares = ({ types }: Shape): string =>
  [...types]
    .sort(([, a], [, b]) => b - a)
    .map(([type, count]) => `${type} (${count})`)
    .join(', ')

/** Whether every object is a GeoJSON point (RFC 7946 §3.1.2). */
function isPoint({ types, members }: Shape): boolean {
  const objects = types.get('object')
  const [type, coordinates] = [members.get('type'), members.get('coordinates')]
  return (
    type?.types.get('string') === objects &&
    coordinates?.types.get('array') === objects &&
    isOfNumbers(coordinates?.items)
  )
}

const isOfNumbers = (shape: Shape | undefined): boolean =>
  shape !== undefined && [...shape.types.keys()].every((type) => ['int', 'long', 'double'].includes(type))
