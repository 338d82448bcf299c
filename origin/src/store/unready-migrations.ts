import { isDeepStrictEqual } from 'node:util'
import {
  type Fields,
  isOfText,
  type ListQuery,
  type Residual,
  type Resource,
  shapeNumber,
  valueAt,
} from '@spillway/origin/contract'

/** Part of a list's query that decides about indexes and migrations: the fields that it compares and sorts by. */
export type ListNeeds = Pick<ListQuery, 'filters' | 'alternatives' | 'search' | 'near' | 'sort'>

/** Start of the name of a migration, as refusals and /readyz show it. */
export const migrationName = 'migration '

interface Unready {
  readonly resource: Resource
  /** Top-level fields whose stored values are not all in the present shape. */
  readonly fields: ReadonlySet<string>
}

/**
 * Migrations that have not reached every document, and the requests that need them: lists that compare or sort by a field
 * of theirs would miss documents, and a write could store a value that is unique only among the others.
 */
export class UnreadyMigrations {
  #byName = new Map<string, Unready>()

  /** @param incomplete resources, each with the number of the shape that all its documents have at least */
  set(incomplete: readonly { readonly resource: Resource; readonly from: number }[]): void {
    this.#byName = new Map(
      incomplete.map(({ resource, from }) => {
        const pending = resource.migrations.filter(({ to }) => to > from)
        return [resource.name, { resource, fields: new Set(pending.flatMap(({ changes }) => changes)) }]
      }),
    )
  }

  get names(): readonly string[] {
    return [...this.#byName.values()].map(({ resource }) => nameOf(resource))
  }

  /** Name of a migration without which the list would be wrong; `undefined` if it is right. */
  forList(
    { name }: Pick<Resource, 'name'>,
    query: ListNeeds,
    residual: Residual | undefined,
  ): string | undefined {
    const unready = this.#byName.get(name)
    if (unready === undefined) return undefined
    const { resource, fields } = unready
    const { search, near, filters, alternatives = [], sort } = query
    const paths = [
      ...[...filters, ...alternatives, ...sort].map(({ path }) => path),
      ...(residual?.alternatives ?? []).flat().map(({ field }) => field),
      ...(search === undefined ? [] : fieldsOf(resource, isOfText)),
      ...(near === undefined
        ? []
        : fieldsOf(resource, (index) => Object.values(index.fields).includes('2dsphere'))),
    ]
    return paths.some((path) => fields.has(rootOf(path))) ? nameOf(resource) : undefined
  }

  /** Name of a migration without which a unique index does not know all values; `undefined` if the write may go on. */
  forWrite({ name }: Pick<Resource, 'name'>, next: Fields, before: Fields | undefined): string | undefined {
    const unready = this.#byName.get(name)
    if (unready === undefined) return undefined
    const { resource, fields } = unready
    const unique = fieldsOf(resource, ({ unique }) => unique === true)
    const isChanged = (path: string): boolean =>
      before === undefined
        ? valueAt(next, path) !== undefined
        : !isDeepStrictEqual(valueAt(next, path), valueAt(before, path))
    return unique.some((path) => fields.has(rootOf(path)) && isChanged(path)) ? nameOf(resource) : undefined
  }
}

const nameOf = ({ name, migrations }: Resource): string =>
  `${migrationName}${shapeNumber(migrations)} of '${name}'`

const rootOf = (path: string): string => path.split('.')[0] ?? path

const fieldsOf = ({ indexes }: Resource, isMeant: (index: Resource['indexes'][number]) => boolean) =>
  indexes.filter(isMeant).flatMap(({ fields }) => Object.keys(fields))
