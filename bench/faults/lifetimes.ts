import { resources } from '@spillway/origin/fixture'
import type { ResourceName } from './exchange.ts'

/** Time for which the contract lets a superseded answer be shown, in ms. */
export interface Lifetime {
  readonly freshMs: number
  /** Limit with the longer of the two stale windows. */
  readonly staleMs: number
}

export function lifetimeOf(resource: ResourceName): Lifetime {
  const rule = resources.get(resource)?.cache
  if (rule === undefined || rule.kind === 'none') return { freshMs: 0, staleMs: 0 }
  const { maxAgeSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds } = rule
  const staleSeconds = Math.max(staleWhileRevalidateSeconds, staleIfErrorSeconds)
  return { freshMs: maxAgeSeconds * 1_000, staleMs: (maxAgeSeconds + staleSeconds) * 1_000 }
}
