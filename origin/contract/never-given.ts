import { creatorField, resolveAccess, tenantFields } from './access.ts'
import type { Fields, Representation, ResourceDefinition } from './definition.ts'
import { isReadOnly, requiredOf } from './keywords.ts'
import { sampleDocuments } from './shape-samples.ts'
import { storedPath } from './stored-path.ts'

/** Required fields that no create can give: every POST would be 422, for a field that its caller may not send. */
export function* checkNeverGiven(definition: ResourceDefinition): Generator<string> {
  const { schema, set = {}, access, versions } = definition
  const rules = resolveAccess(access)
  if (rules.create.kind === 'never') return
  // A new document belongs to its creator, and to the creator's tenant.
  const filled = new Set([creatorField(rules), ...tenantFields(rules).keys()])
  const made = versions
    .filter(({ deprecation }) => deprecation === undefined)
    .map((view) => bodiesOf(view, definition))
  // The code of a version that fails on every sample may give anything.
  if (made.some((bodies) => bodies.length === 0)) return
  for (const field of requiredOf(schema)) {
    const isGiven = made.flat().some((body) => body[field] !== undefined)
    if (isGiven || filled.has(field) || Object.hasOwn(set, field)) continue
    yield `'${field}' is required, but no create gives it: compute it in set, e.g. set: { ${field}: ({ ${field} }) => ${field} ?? … }, or make it optional`
  }
}

/** Stored fields of bodies with everything that callers may send; empty if the version's code fails on each. */
function bodiesOf(view: Representation, { access }: ResourceDefinition): readonly Fields[] {
  const isSent = (name: string): boolean => {
    const shown = view.schema.properties[name]
    const { write } = access.fields?.[storedPath(view, name) ?? ''] ?? {}
    return shown !== undefined && !isReadOnly(shown) && write?.kind !== 'never'
  }
  return sampleDocuments(view.schema).flatMap((sample) => {
    const body = Object.fromEntries(Object.entries(sample).filter(([name]) => isSent(name)))
    try {
      return [view.toStored(body, undefined)]
    } catch {
      return []
    }
  })
}
