import { deltaSeconds, parseDirectives } from './directives.ts'

/** Cache directives of a request (RFC 9111 §5.2.1). */
export interface RequestControl {
  readonly noStore: boolean
  readonly noCache: boolean
  readonly onlyIfCached: boolean
  readonly maxAgeSeconds: number | undefined
  readonly minFreshSeconds: number
  /** Infinity for `max-stale` without argument: any staleness is accepted (§5.2.1.2). */
  readonly maxStaleSeconds: number
}

export const noRequestControl: RequestControl = {
  noStore: false,
  noCache: false,
  onlyIfCached: false,
  maxAgeSeconds: undefined,
  minFreshSeconds: 0,
  maxStaleSeconds: 0,
}

export function requestControl(cacheControl: string | null): RequestControl {
  if (cacheControl === null) return noRequestControl
  const directives = parseDirectives(cacheControl)
  const maxStale = directives.get('max-stale')
  return {
    noStore: directives.has('no-store'),
    noCache: directives.has('no-cache'),
    onlyIfCached: directives.has('only-if-cached'),
    maxAgeSeconds: deltaSeconds(directives.get('max-age')),
    minFreshSeconds: deltaSeconds(directives.get('min-fresh')) ?? 0,
    maxStaleSeconds: maxStale === true ? Number.POSITIVE_INFINITY : (deltaSeconds(maxStale) ?? 0),
  }
}
