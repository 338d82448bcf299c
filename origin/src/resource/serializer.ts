import {
  type Fields,
  type HiddenFields,
  outputSchema,
  storedPath,
  type View,
} from '@spillway/origin/contract'
import build from 'fast-json-stringify'
import type { StoredDocument } from '../store/repository.ts'

/**
 * Turns a stored document into its JSON in one version, with all fields or the selected ones.
 *
 * @param hidden stored fields that the reader is not shown
 */
export type Serialize = (
  document: StoredDocument,
  fields: readonly string[] | undefined,
  hidden: HiddenFields,
) => string

/**
 * Compiles a schema to a function that writes JSON. The cast is safe: the builder's type lists each keyword, and
 * `writingSchema` returns a subset of them.
 */
export const compileWriter = (schema: unknown): ((value: unknown) => string) =>
  build(writingSchema(schema) as never)

/** Compiles the serializer of a view. It writes only fields of the view's schema. */
export function compileSerializer(view: View): Serialize {
  const write = compileWriter(outputSchema(view.representation))
  return (document, fields, hidden) => {
    const shown = showTo(view, document, hidden)
    if (fields === undefined) return write(shown)
    // Selections are rare and varied, so none gets a compiled serializer.
    const chosen: Record<string, unknown> = {}
    for (const name of fields) chosen[name] = shown[name]
    return JSON.stringify(chosen)
  }
}

/** The document without the stored fields that the caller may not read. */
export const showTo = (view: View, document: StoredDocument, hidden: HiddenFields): Fields =>
  hidden.length === 0
    ? showDocument(document, view.representation.fromStored)
    : showWithout(view, document, hidden)

/**
 * The document in a version, for a caller who may not read some fields. The version gets the document without these, so
 * it cannot derive anything from them; a value that it puts in their place is removed.
 */
function showWithout({ representation }: View, document: StoredDocument, hidden: HiddenFields): Fields {
  const fields = Object.fromEntries(
    Object.entries(document.fields).filter(([name]) => !hidden.includes(name)),
  )
  const shown = showDocument({ ...document, fields }, representation.fromStored)
  return Object.fromEntries(
    Object.entries(shown).filter(([name]) => !hidden.includes(storedPath(representation, name) ?? '')),
  )
}

/** The document in a version; system fields come first. */
export function showDocument(
  { id, createdAt, updatedAt, fields }: StoredDocument,
  fromStored: (stored: Fields) => Fields,
): Fields {
  return { id, createdAt, updatedAt, ...fromStored(fields) }
}

/**
 * Keeps only the keywords that decide how a value is written. Drops `required`, so that a document older than a
 * required field is shown without it and does not fail its whole list; drops formats, because stored times are strings
 * already.
 */
export function writingSchema(schema: unknown): Record<string, unknown> {
  // The cast is safe: each member is checked before use.
  const { type, properties, items, enum: choices, anyOf } = schema as Record<string, unknown>
  if (Array.isArray(choices) && choices.every((choice) => typeof choice === 'string')) {
    return { type: 'string' }
  }
  if (type === 'array' && items !== undefined) return { type, items: writingSchema(items) }
  if (type === 'object' && typeof properties === 'object' && properties !== null) {
    const members = Object.entries(properties).map(([name, member]) => [name, writingSchema(member)])
    return { type, properties: Object.fromEntries(members) }
  }
  // Everything else is written as by JSON.stringify.
  return typeof type === 'string' && anyOf === undefined && type !== 'array' && type !== 'object'
    ? { type }
    : {}
}
