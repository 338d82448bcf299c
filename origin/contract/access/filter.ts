import type { Residual } from './residual.ts'

export type FilterDocument = Readonly<Record<string, unknown>>

/**
 * A residual → conditions of a database filter, all of which must hold. Made of `$and`, `$or`, `$eq`, `$in` and `$exists`,
 * which Amazon DocumentDB has and answers from indexes. An array equals a value that it contains.
 *
 * @param sparse fields that lead a sparse index, which is used only where the query says that the field exists
 */
export function residualFilter(
  { alternatives }: Residual,
  sparse: ReadonlySet<string> = new Set(),
): readonly FilterDocument[] {
  const filters = alternatives.map((conditions) =>
    conditions.flatMap(({ field, values }) => [
      { [field]: values.length === 1 ? { $eq: values[0] } : { $in: values } },
      ...(sparse.has(field) ? [{ [field]: { $exists: true } }] : []),
    ]),
  )
  const [first] = filters
  if (first === undefined) return [{ _id: { $in: [] } }]
  if (filters.length === 1) return first
  return [
    { $or: filters.map((conditions) => (conditions.length === 1 ? conditions[0] : { $and: conditions })) },
  ]
}
