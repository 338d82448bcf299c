/** Stored fields by name. */
type Fields = Readonly<Record<string, unknown>>

/** A change of the shape in which a resource's documents are stored. */
export interface Migration {
  /** Number of the new shape: 2 for the first migration, then one more each. Documents without a number have shape 1. */
  readonly to: number
  /**
   * Top-level stored fields that it sets or removes. Until every document is migrated, lists that compare or sort by one
   * of them are refused.
   */
  readonly changes: readonly string[]
  /**
   * Values of these fields, for a document of the shape before; one that is `undefined` is removed. Synchronous and pure.
   * A document that an older release wrote after the migration has fields of both shapes, so keep a value that is there:
   * `({ timezone = 'UTC' }) => ({ timezone })`.
   */
  readonly up: (document: Fields) => Fields
}

/** Defines a migration. */
export const migrate = (migration: Migration): Migration => migration

/** Number of the shape that a release stores. */
export const shapeNumber = (migrations: readonly Migration[]): number => migrations.at(-1)?.to ?? 1

/** The fields of a document of shape `from`, in the present shape. Fields that a migration does not name stay. */
export function upgradeFields(migrations: readonly Migration[], fields: Fields, from: number): Fields {
  let upgraded = fields
  for (const { to, changes, up } of migrations) {
    if (to <= from) continue
    const values = up(upgraded)
    const next: Record<string, unknown> = { ...upgraded }
    for (const name of changes) {
      if (values[name] === undefined) delete next[name]
      else next[name] = values[name]
    }
    upgraded = next
  }
  return upgraded
}
