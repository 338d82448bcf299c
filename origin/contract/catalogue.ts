import { type CheckedRepresentation, type VersionName, versionNumber } from './definition.ts'
import { DefinitionError } from './definition-check.ts'
import type { Plans } from './plans/plan.ts'
import type { Resource } from './resource.ts'

/** Every resource by name: the source of routes, keys and documentation. */
export type Catalogue = ReadonlyMap<string, Resource>

/** Path segments reserved for the system. */
const reservedNames = ['batch', 'docs', 'problems']

/** @throws {DefinitionError} when two resources share a name or one takes a reserved name */
export function catalogue(...resources: readonly Resource[]): Catalogue {
  const byName = new Map<string, Resource>()
  for (const resource of resources) {
    if (byName.has(resource.name)) {
      throw new DefinitionError(resource.name, ['is defined twice: rename one of them'])
    }
    if (reservedNames.includes(resource.name)) {
      throw new DefinitionError(resource.name, [
        `the name is reserved (${reservedNames.join(', ')}): choose another`,
      ])
    }
    byName.set(resource.name, resource)
  }
  return byName
}

/** A resource in one version: the subject of a request. */
export interface View {
  readonly resource: Resource
  readonly version: VersionName
  readonly representation: CheckedRepresentation
}

/** The view of a resource in a version; `undefined` if either does not exist. */
export function findView(catalogue: Catalogue, version: string, name: string): View | undefined {
  const resource = catalogue.get(name)
  // The casts are safe: `get` only compares, and the version is one once it is found.
  const representation = resource?.versions.get(version as VersionName)
  if (resource === undefined || representation === undefined) return undefined
  return { resource, version: version as VersionName, representation }
}

/** The resource of the API keys; `undefined` for an application without them. */
export const apiKeysIn = (catalogue: Catalogue): Resource | undefined =>
  [...catalogue.values()].find(({ holdsApiKeys }) => holdsApiKeys === true)

/** The plans of callers; `undefined` for an application without them. */
export const plansIn = (catalogue: Catalogue): Plans | undefined =>
  [...catalogue.values()].find(({ plans }) => plans !== undefined)?.plans

/** Every view, in the order of definition. */
export function viewsOf(catalogue: Catalogue): readonly View[] {
  return [...catalogue.values()].flatMap((resource) =>
    [...resource.versions].map(([version, representation]) => ({ resource, version, representation })),
  )
}

/** Versions with at least one resource, oldest first. */
export function versionsOf(catalogue: Catalogue): readonly VersionName[] {
  const names = new Set(viewsOf(catalogue).map(({ version }) => version))
  return [...names].sort((a, b) => versionNumber(a) - versionNumber(b))
}
