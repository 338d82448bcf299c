import type { ComponentKind, Json } from './json.ts'

export type Components = Readonly<Record<ComponentKind, Readonly<Record<string, unknown>>>>

/** Components that `paths` refer to, directly or indirectly: linters report unused ones. */
export function usedComponents(paths: Json, components: Components): Json {
  const used = new Set<string>()
  const pending: unknown[] = [paths]
  while (pending.length > 0) {
    for (const reference of referencesIn(pending.pop())) {
      if (used.has(reference)) continue
      used.add(reference)
      const [kind, name] = reference.split('/').slice(-2)
      // The casts are safe: every reference is made by `ref`, which accepts only these kinds.
      pending.push(components[kind as ComponentKind][name as string])
    }
  }
  const usedOf = ([kind, named]: [string, Components[ComponentKind]]) => [
    kind,
    Object.fromEntries(Object.entries(named).filter(([name]) => used.has(`#/components/${kind}/${name}`))),
  ]
  return Object.fromEntries(Object.entries(components).map(usedOf))
}

function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    if (key === '$ref') yield String(member)
    else yield* referencesIn(member)
  }
}
