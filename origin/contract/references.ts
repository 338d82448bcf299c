import type { TSchema } from 'typebox'
import type { ResourceDefinition } from './definition.ts'
import { isTextOrId } from './filter-type.ts'
import type { Keywords } from './keywords.ts'
import { nearest } from './nearest-name.ts'

/**
 * References: fields with ids of another resource's documents, one or an array. Each document is read before the write;
 * nothing prevents its later deletion.
 */

/** Maximum ids in one field, each of which is read at a write. */
const idsMax = 100

/** Mistakes in references that the resource alone shows. */
export function* checkReferences({ references = {}, schema }: ResourceDefinition): Generator<string> {
  const known = Object.keys(schema.properties)
  for (const field of Object.keys(references)) {
    const property = schema.properties[field]
    const ids = property && idsIn(property)
    if (property === undefined) {
      yield `references names '${field}', which the schema does not have: ${hint(field, known)}`
    } else if (ids === undefined) {
      yield `references names '${field}', which must be a string or an array of strings: it holds ids`
    } else if (!(ids <= idsMax)) {
      yield `references names '${field}', an array that may hold any number of ids: give it a maxItems of at most ${idsMax}`
    }
  }
}

/** The part of a resource that the checks of references read. */
interface Referring {
  readonly name: string
  readonly references: ReadonlyMap<string, string>
}

/** Mistakes in references that only the whole application shows. */
export function* checkTargets(resources: readonly Referring[]): Generator<string> {
  const names = resources.map(({ name }) => name)
  for (const { name, references } of resources) {
    for (const [field, target] of references) {
      if (names.includes(target)) continue
      yield `references of '${name}': '${field}' refers to '${target}', which is not in resources: ${hint(target, names)}`
    }
  }
}

/** Maximum number of ids in a field of this schema; `undefined` if it can hold none. */
export function idsIn(schema: TSchema): number | undefined {
  const { type, items, maxItems }: Keywords = schema
  if (type !== 'array') return isTextOrId(schema) ? 1 : undefined
  return items !== undefined && isTextOrId(items) ? (maxItems ?? Number.POSITIVE_INFINITY) : undefined
}

/** Ids in a field of a document: it holds one, or an array of them. */
export const idsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value : typeof value === 'string' ? [value] : []

function hint(given: string, known: readonly string[]): string {
  const near = nearest(given, known)
  return near === undefined ? `use ${known.join(', ')}` : `did you mean '${near}'?`
}
