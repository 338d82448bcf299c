import { isDeepStrictEqual } from 'node:util'
import { type Fields, type Residual, type Resource, valueAt } from '@spillway/origin/contract'
import { answersCollection } from './envelope.ts'
import { declaredOf, type IndexPlan, indexesOf, nameOf } from './indexes.ts'
import { type ListNeeds, UnreadyMigrations } from './unready-migrations.ts'

/**
 * Indexes that are declared and not built yet, and the requests that need them. A list needs an index if it would scan
 * the collection without it. A write needs a unique index if it changes one of its values: a duplicate that it stored
 * meanwhile would prevent the index. Everything else is served.
 */
export class UnreadyIndexes {
  #byCollection = new Map<string, readonly IndexPlan[]>()

  /** Migrations that are not complete, without which some indexes lack values. */
  readonly migrations = new UnreadyMigrations()

  set(missing: readonly IndexPlan[]): void {
    this.#byCollection = Map.groupBy(missing, (index) => declaredOf(index).resource)
  }

  /** Whether answers of actions must not be stored while their index is missing: the database belongs to others. */
  keepsNoAnswers = false

  /** Name of the index without which no answer of an action may be stored. */
  get forAnswer(): string | undefined {
    return this.keepsNoAnswers ? nameIfAny(this.#byCollection.get(answersCollection)?.[0]) : undefined
  }

  get names(): readonly string[] {
    return [...[...this.#byCollection.values()].flat().map(nameOf), ...this.migrations.names]
  }

  /** Name of an index, or of a migration, that the list needs and that is not ready; `undefined` if it can be served. */
  forList(resource: Resource, query: ListNeeds, residual: Residual | undefined): string | undefined {
    const migration = this.migrations.forList(resource, query, residual)
    if (migration !== undefined) return migration
    const missing = this.#byCollection.get(resource.name)
    if (missing === undefined) return undefined
    const { search, near, filters, alternatives = [], sort } = query
    // The database finds words and places by their own indexes alone, and looks at nothing but the hits.
    if (search !== undefined || near !== undefined) {
      const kind = search === undefined ? '2dsphere' : 'text'
      return nameIfAny(missing.find((index) => Object.values(declaredOf(index).key).includes(kind)))
    }
    const ordered = missing.filter(isOrdered).map(leadersOf)
    const names = new Set(missing.map(({ name }) => name))
    const ready = indexesOf(resource)
      .filter((index) => isOrdered(index) && !names.has(index.name))
      .map(leadersOf)
    const filtered = filters.map(({ path }) => path)
    for (const conditions of residual?.alternatives ?? [[]]) {
      const within = [...filtered, ...conditions.map(({ field }) => field)]
      const needs = [
        within,
        ...alternatives.map(({ path }) => [path]),
        sort.slice(0, 1).map(({ path }) => path),
      ]
      for (const paths of needs) {
        const leads = (index: Leaders) => paths.some((path) => isLedBy(index, path, within))
        if (paths.includes('_id') || ready.some(leads)) continue
        const needed = ordered.find(leads)
        if (needed !== undefined) return nameOf(needed.index)
      }
    }
    return undefined
  }

  /**
   * Name of a unique index that the write needs and that is not ready.
   * @param before stored fields before the write; `undefined` for a new document
   */
  forWrite(resource: Pick<Resource, 'name'>, fields: Fields, before: Fields | undefined): string | undefined {
    const migration = this.migrations.forWrite(resource, fields, before)
    if (migration !== undefined) return migration
    return nameIfAny(
      this.#byCollection.get(resource.name)?.find((index) => {
        const { unique } = index
        const paths = Object.keys(declaredOf(index).key)
        const isChanged = (path: string) =>
          before === undefined || !isDeepStrictEqual(valueAt(fields, path), valueAt(before, path))
        return unique && paths.some((path) => valueAt(fields, path) !== undefined) && paths.some(isChanged)
      }),
    )
  }
}

/** An index with its first two fields, by which a query finds its place in it. */
interface Leaders {
  readonly index: IndexPlan
  readonly first: string
  readonly second: string | undefined
}

function leadersOf(index: IndexPlan): Leaders {
  const [first = '', second] = Object.keys(declaredOf(index).key)
  return { index, first, second }
}

/** @param within fields whose values the query states */
const isLedBy = ({ first, second }: Leaders, path: string, within: readonly string[]): boolean =>
  first === path || (second === path && within.includes(first))

const isOrdered = ({ key, expireAfterSeconds }: IndexPlan): boolean =>
  expireAfterSeconds === undefined && Object.values(key).every((kind) => typeof kind === 'number')

const nameIfAny = (index: IndexPlan | undefined): string | undefined => index && nameOf(index)
