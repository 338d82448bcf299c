import { type CacheRule, type Catalogue, cacheRulesOf } from '@spillway/origin/contract'

/** Longest time that a reader of the database is taken to lag behind the primary, in ms; an alarm rings at a second. */
const readerLagMsMax = 60_000

/**
 * Longest time for which an answer may lack the newest write to a resource, in ms: an answer that shows its documents
 * may be stored (its own, or a query's), or its export may come from a reader. 0: never.
 */
export const usableMs = (catalogue: Catalogue, name: string): number =>
  Math.max(
    catalogue.get(name)?.export?.from === 'reader' ? readerLagMsMax : 0,
    ...cacheRulesOf(catalogue, name).map(lifetimeMs),
  )

function lifetimeMs(rule: CacheRule): number {
  if (rule.kind === 'none') return 0
  const { maxAgeSeconds, staleIfErrorSeconds, staleWhileRevalidateSeconds } = rule
  return (maxAgeSeconds + Math.max(staleIfErrorSeconds, staleWhileRevalidateSeconds)) * 1_000
}
