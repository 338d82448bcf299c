import type { Document } from 'mongodb'
import type { InferredMember } from './infer-field.ts'

/** Indexes of a collection, as its resource declares them. */
export interface InferredIndexes {
  readonly indexes: readonly {
    readonly fields: Readonly<Record<string, unknown>>
    readonly unique: boolean
  }[]
  readonly filter: readonly string[]
  readonly sort: readonly string[]
}

/** Takes over the indexes of a collection, as far as their fields are fields of the resource. */
export function inferIndexes(
  existing: readonly Document[],
  members: readonly InferredMember[],
  notes: string[],
): InferredIndexes {
  const byPath = new Map([...withInner(members, true)].map((member) => [member.stored, member]))
  const indexes: { fields: Record<string, unknown>; unique: boolean }[] = []
  const [filter, sort] = [new Set<string>(), new Set<string>()]
  for (const index of existing) {
    if (index.name === '_id_') continue
    // A text index lists its fields as weights. A list's order ends with the id, so a last `_id` is understood.
    const key: Record<string, unknown> =
      index.weights === undefined
        ? index.key
        : Object.fromEntries(Object.keys(index.weights).map((path) => [path, 'text']))
    const entries = Object.entries(key).filter(([path]) => path !== '_id')
    const reason = refusalOf(index, entries, byPath, indexes)
    if (reason !== undefined) {
      notes.push(`index ${index.name}: ${reason}; it is not declared`)
      continue
    }
    // The cast is safe: an index with a path that has no member was refused.
    const fields = entries.map(
      ([path, kind]) => [byPath.get(path) as InferredMember, Number(kind) || kind] as const,
    )
    const named = Object.fromEntries(fields.map(([member, kind]) => [member.field, kind]))
    const isUnique = index.unique === true
    if (indexes.some((other) => JSON.stringify(other.fields) === JSON.stringify(named))) continue
    indexes.push({ fields: named, unique: isUnique })
    const [[first, kind] = []] = fields
    if (first?.compares === undefined || typeof kind !== 'number') continue
    filter.add(first.field)
    if (first.compares === 'order' && first.isRequired) sort.add(first.field)
  }
  return { indexes, filter: [...filter], sort: [...sort] }
}

/** The members, and those of the objects in them. @param isAlways whether every document has the object */
function* withInner(members: readonly InferredMember[], isAlways: boolean): Generator<InferredMember> {
  for (const member of members) {
    const isRequired = isAlways && member.isRequired
    yield { ...member, isRequired }
    yield* withInner(member.members ?? [], isRequired)
  }
}

function refusalOf(
  index: Document,
  entries: readonly (readonly [string, unknown])[],
  byPath: ReadonlyMap<string, InferredMember>,
  taken: readonly { readonly fields: Readonly<Record<string, unknown>> }[],
): string | undefined {
  const unknown = entries.find(([path]) => !byPath.has(path))
  if (unknown !== undefined || entries.length === 0)
    return `its field ${unknown?.[0] ?? '_id'} is not a field of the resource`
  const kinds = entries.map(([, kind]) => kind)
  if (index.partialFilterExpression !== undefined) return 'it has some of the documents alone'
  if (index.sparse === true && index.unique !== true) return 'it is sparse'
  if (index.expireAfterSeconds !== undefined && index.unique === true) return 'it removes documents'
  const hasKind = (kind: string) => taken.some(({ fields }) => Object.values(fields).includes(kind))
  for (const [path, kind] of entries) {
    const member = byPath.get(path)
    const isFit =
      kind === '2dsphere'
        ? member?.isPoint === true && entries.length === 1 && !hasKind('2dsphere')
        : kind === 'text'
          ? member?.schema === 'Type.String()' && kinds.every((one) => one === 'text') && !hasKind('text')
          : Math.abs(Number(kind)) === 1
    if (!isFit) return `it is of the kind '${kind}' over ${path}`
  }
  const arrays = entries.filter(([path]) => byPath.get(path)?.compares === 'items')
  return arrays.length > 1 ? 'it names several arrays' : undefined
}
