import { resources } from '@spillway/origin/fixture'
import type { ResourceName } from './exchange.ts'

/** Time for which the contract allows an outdated answer to be served, in ms. */
export interface Lifetime {
  readonly freshMs: number
  /** The limit with the longer of the two stale lifetimes. */
  readonly staleMs: number
}

export function lifetimeOf(resource: ResourceName): Lifetime {
  const rule = resources.get(resource)?.cache
  if (rule === undefined || rule.kind === 'none') return { freshMs: 0, staleMs: 0 }
  const { maxAgeSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds } = rule
  const staleSeconds = Math.max(staleWhileRevalidateSeconds, staleIfErrorSeconds)
  return { freshMs: maxAgeSeconds * 1_000, staleMs: (maxAgeSeconds + staleSeconds) * 1_000 }
}
