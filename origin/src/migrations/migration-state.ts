import { type Catalogue, type Resource, shapeNumber } from '@spillway/origin/contract'
import type { Collection, Db } from 'mongodb'

/** Time limit of each command of a migration, in ms. */
export const commandTimeoutMs = 15_000

/** State of the migration of one resource, shared by all processes of all releases. */
export interface MigrationState {
  /** Name of the resource. */
  readonly _id: string
  /** The newest shape that any release has begun to write. */
  readonly to: number
  /** Shape that every document has at least. */
  readonly reached: number
  /** Changes while a process of an older release runs. */
  readonly older: number
  /** Id of the last document of the pass, where the next holder goes on; `null` at its beginning. */
  readonly after: string | null
  /** Documents that this pass has looked at, and all that were migrated to `to`. */
  readonly seen: number
  readonly migrated: number
}

/** Collection of the states. Names of resources cannot start with an underscore. */
export const statesOf = (db: Db): Collection<MigrationState> => db.collection<MigrationState>('_migrations')

/** Resources with migrations that are not complete, with the shape that their documents have at least. */
export function incompleteOf(
  catalogue: Catalogue,
  states: readonly MigrationState[],
): readonly { readonly resource: Resource; readonly from: number }[] {
  const byName = new Map(states.map((state) => [state._id, state]))
  return [...catalogue.values()].flatMap((resource) => {
    const reached = byName.get(resource.name)?.reached ?? 1
    return shapeNumber(resource.migrations) > reached ? [{ resource, from: reached }] : []
  })
}
