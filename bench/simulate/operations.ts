import type { Priority, Resource } from '@spillway/origin/contract'
import { resources } from '@spillway/origin/fixture'

/** Operation of the load mix. Shares add up to 1. */
export interface Operation {
  readonly name: string
  readonly share: number
  readonly priority: Priority
  readonly writes: boolean
  readonly cache: OperationCache | undefined
}

export interface OperationCache {
  /** Answers are cached for all callers of a data centre, or for one subject. */
  readonly sharing: 'data-centre' | 'subject'
  /** Number of distinct answers: documents and lists together, of one subject where they are cached by subject. */
  readonly objects: number
  /** Exponent of Zipf's law. 0.7 to 0.9 is usual of the web (Breslau et al., INFOCOM 1999). */
  readonly zipf: number
  readonly maxAgeSeconds: number
  readonly staleWhileRevalidateSeconds: number
  readonly staleIfErrorSeconds: number
}

/** Longest time that a cache is assumed to keep an answer, s: it may evict earlier than the lifetime. */
const keptSecondsMax = 3_600

/**
 * Load mix of the application that the framework's tests have. Priorities and lifetimes are the contract's; shares and popularity are
 * assumptions: nine requests in ten read, three in ten are a user's own records, one in ten is a program's (exports and
 * prefetching, each page asked for once, sent with `Spillway-Priority: background`).
 */
export const operations: readonly Operation[] = [
  read('browse places', 'places', { share: 0.5, objects: 24_323 + 2_000, zipf: 0.9 }),
  read('read advisories', 'advisories', { share: 0.1, objects: 1_000, zipf: 0.8 }),
  read('read own trips', 'trips', { share: 0.2, objects: 3, zipf: 0 }),
  {
    name: 'change own trips',
    share: 0.1,
    priority: resourceOf('trips').priority,
    writes: true,
    cache: undefined,
  },
  { name: 'export and prefetch', share: 0.1, priority: 'background', writes: false, cache: undefined },
]

function read(
  name: string,
  resource: string,
  { share, objects, zipf }: { readonly share: number; readonly objects: number; readonly zipf: number },
): Operation {
  const { cache, priority } = resourceOf(resource)
  if (cache.kind === 'none') return { name, share, priority, writes: false, cache: undefined }
  return {
    name,
    share,
    priority,
    writes: false,
    cache: {
      sharing: cache.visibility === 'subject' ? 'subject' : 'data-centre',
      objects,
      zipf,
      maxAgeSeconds: cache.maxAgeSeconds,
      staleWhileRevalidateSeconds: Math.min(cache.staleWhileRevalidateSeconds, keptSecondsMax),
      staleIfErrorSeconds: Math.min(cache.staleIfErrorSeconds, keptSecondsMax),
    },
  }
}

function resourceOf(name: string): Resource {
  const resource = resources.get(name)
  if (resource === undefined) throw new RangeError(`the fixture has no resource '${name}'`)
  return resource
}
