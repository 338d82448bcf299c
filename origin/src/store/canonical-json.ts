/** One text for equal JSON values, whatever the order of their members. */
export const canonicalJson = (value: unknown): string => JSON.stringify(inOrder(value))

/**
 * A copy with members in order of their names, for the one serializer that costs next to nothing. None is named
 * `__proto__`: see `parseJsonBody`.
 */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(inOrder)
  const members = value as Record<string, unknown>
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(members).sort()) copy[name] = inOrder(members[name])
  return copy
}
