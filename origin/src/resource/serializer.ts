import { type Fields, outputSchema, type View } from '@spillway/origin/contract'
import build from 'fast-json-stringify'
import type { StoredDocument } from '../store/repository.ts'

/** A stored document → its JSON text in one version, with all fields or the chosen ones. */
export type Serialize = (document: StoredDocument, fields: readonly string[] | undefined) => string

/** Compiles the serializer of a view. What it writes is the view's schema and nothing else. */
export function compileSerializer(view: View): Serialize {
  const { fromStored } = view.representation
  const write = build(writingSchema(outputSchema(view.representation)) as never)
  return (document, fields) => {
    const shown = showDocument(document, fromStored)
    if (fields === undefined) return write(shown)
    // Chosen fields are rare and their sets are many: not worth a compiled writer each.
    const chosen: Record<string, unknown> = {}
    for (const name of fields) chosen[name] = shown[name]
    return JSON.stringify(chosen)
  }
}

/** The document as a version shows it, system fields first. */
export function showDocument(
  { id, createdAt, updatedAt, fields }: StoredDocument,
  fromStored: (stored: Fields) => Fields,
): Fields {
  return { id, createdAt, updatedAt, ...fromStored(fields) }
}

/**
 * Only what decides how a value is written. `required` is left out, so that one document from before a field was
 * required is shown without it instead of failing its whole list; formats, because stored times are text already.
 */
export function writingSchema(schema: unknown): Record<string, unknown> {
  const { type, properties, items, enum: choices, anyOf } = schema as Record<string, unknown>
  if (Array.isArray(choices) && choices.every((choice) => typeof choice === 'string')) {
    return { type: 'string' }
  }
  if (type === 'array' && items !== undefined) return { type, items: writingSchema(items) }
  if (type === 'object' && typeof properties === 'object' && properties !== null) {
    const members = Object.entries(properties).map(([name, member]) => [name, writingSchema(member)])
    return { type, properties: Object.fromEntries(members) }
  }
  // Anything else is written as JSON.stringify does.
  return typeof type === 'string' && anyOf === undefined && type !== 'array' && type !== 'object'
    ? { type }
    : {}
}
