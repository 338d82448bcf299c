import type { Residual } from './residual.ts'

export type FilterDocument = Readonly<Record<string, unknown>>

/**
 * Translates a residual to conditions of a database filter; all must hold. Uses `$and`, `$or`, `$eq`, `$in` and
 * `$exists`, which Amazon DocumentDB supports and answers from indexes. `$eq` on an array field matches if the array
 * contains the value.
 *
 * @param sparse fields that lead a sparse index, which is only used if the query states that the field exists
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
