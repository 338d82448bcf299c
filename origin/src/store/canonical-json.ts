/** Equal text for equal JSON values, whatever the order of their members. */
export const canonicalJson = (value: unknown): string => JSON.stringify(inOrder(value))

/**
 * Copies a value with members sorted by name. perf: `JSON.stringify` on a sorted copy is the cheapest way. No member is
 * named `__proto__`: see `parseJsonBody`.
 */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(inOrder)
  // The cast is safe: it is neither a primitive nor an array.
  const members = value as Record<string, unknown>
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(members).sort()) copy[name] = inOrder(members[name])
  return copy
}
