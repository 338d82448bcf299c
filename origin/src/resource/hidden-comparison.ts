import {
  isOfText,
  type ListQuery,
  type Principal,
  type Problem,
  pointField,
  type Resource,
} from '@spillway/origin/contract'
import type { CompiledView } from './compiled-view.ts'

/** Refuses a list that compares a field that the caller may not read: the result would reveal the value. */
export function refuseComparison(
  { view, shownName }: CompiledView,
  query: ListQuery,
  principal: Principal | undefined,
): Problem | undefined {
  const { fieldAccess, audiences } = view.resource
  if (!fieldAccess.hidesSome) return undefined
  const shown = audiences.read.of(principal)
  const refused = new Set<string>()
  for (const { parameter, path } of comparisons(view.resource, query)) {
    if (!fieldAccess.mayCompare(path, principal, shown)) refused.add(parameter ?? shownName(path))
  }
  if (refused.size === 0) return undefined
  const detail = 'You may not read this field of every document.'
  return {
    code: 'insufficient-scope',
    detail: `You may filter and sort only by fields that you may read: remove ${[...refused].join(', ')}.`,
    errors: [...refused].map((parameter) => ({ parameter, detail })),
  }
}

/** A stored field that a list compares. */
interface Comparison {
  /** @default the field's name */
  readonly parameter?: string
  readonly path: string
}

/** Every field that a list filters, searches, measures or sorts by. Add new kinds of comparison here. */
export function* comparisons(
  { indexes }: Resource,
  { filters, alternatives = [], search, near, sort }: ListQuery,
): Generator<Comparison> {
  for (const { path } of filters) yield { path }
  for (const { path } of alternatives) yield { parameter: 'or', path }
  for (const { path } of sort) yield { parameter: 'sort', path }
  if (search !== undefined) {
    for (const { fields } of indexes.filter(isOfText)) {
      for (const path of Object.keys(fields)) yield { parameter: 'search', path }
    }
  }
  const point = near === undefined ? undefined : pointField({ indexes })
  if (point !== undefined) yield { parameter: 'near', path: point }
}
