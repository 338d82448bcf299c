import type { Alternative } from './access.ts'
import { type Filter, operators } from './operators/index.ts'

/** Conditions that every document of a list satisfies by its filters. */
export const conditionsOf = (filters: readonly Filter[]): Alternative =>
  filters.flatMap(({ path, operator, value }) => {
    const { onlyValues, ofArrays } = operators[operator]
    const values = onlyValues?.(value)
    if (values === undefined) return []
    return [{ field: path, operator: ofArrays ? 'has' : 'is', values } as const]
  })
