import type { View } from './catalogue.ts'
import type { VersionName } from './definition.ts'
import type { Resource } from './resource.ts'

/**
 * A function of a view that is computed once for each resource and version. perf: every list needs it, and it follows from
 * the definition alone.
 */
export function oncePerView<Value>(compute: (view: View) => Value): (view: View) => Value {
  const known = new WeakMap<Resource, Map<VersionName, { readonly value: Value }>>()
  return (view) => {
    const { resource, version } = view
    const found = known.get(resource)?.get(version)
    if (found !== undefined) return found.value
    const value = compute(view)
    const byVersion = known.get(resource) ?? new Map<VersionName, { readonly value: Value }>()
    known.set(resource, byVersion.set(version, { value }))
    return value
  }
}
