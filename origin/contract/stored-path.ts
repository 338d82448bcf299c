import type { Representation } from './definition.ts'

/** Stored names of the system fields. No schema has names that start with `_`. */
const systemPaths: Readonly<Record<string, string>> = {
  id: '_id',
  createdAt: '_created',
  updatedAt: '_updated',
}

/**
 * Stored path of a representation's field; `undefined` if it has no stored field. A field of an object is stored at its
 * path in `paths`, or else below the object.
 */
export function storedPath(view: Representation, field: string): string | undefined {
  if (Object.hasOwn(systemPaths, field)) return systemPaths[field]
  if (Object.hasOwn(view.paths, field)) return view.paths[field] ?? undefined
  const end = field.lastIndexOf('.')
  if (end === -1) return Object.hasOwn(view.schema.properties, field) ? field : undefined
  const object = storedPath(view, field.slice(0, end))
  return object && `${object}${field.slice(end)}`
}
