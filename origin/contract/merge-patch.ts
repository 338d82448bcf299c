/**
 * JSON Merge Patch (RFC 7396 §2): members of the patch replace those of the target, `null` removes a member, and arrays
 * are replaced as a whole. Neither argument is changed. A member named `__proto__` becomes an ordinary member.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const members = new Map<string, unknown>(isObject(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name)
    else members.set(name, mergePatch(members.get(name), value))
  }
  // `fromEntries` defines properties; an assignment would call the setter of `__proto__`.
  return Object.fromEntries(members)
}

export const mergePatchMediaType = 'application/merge-patch+json'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
