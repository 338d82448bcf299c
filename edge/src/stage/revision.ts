import { edgeCacheControl, type Route, revisionTag } from '@spillway/origin/contract'
import type { HttpCache } from '../cache/index.ts'
import type { HeardRevisions } from '../consistency/heard-revisions.ts'
import type { Exchange } from '../exchange.ts'

export interface RevisionParts {
  readonly cache: HttpCache
  readonly revisions: HeardRevisions
  readonly now: () => number
}

/**
 * After an answer of the origin: a deployment there changes what stored answers should show. The first answer that tells
 * of it ends what was stored under the revision before: in this isolate at once, in the others of the data centre by the
 * stamp. Not in the zone: each data centre hears of it by itself, and every isolate would ask for the same purge.
 *
 * An answer in a revision that is over, from a process that the deployment has not reached, is shown and kept for a
 * second: long enough that a hot key does not go to the origin for each reader, and no longer.
 */
export function heedRevision(
  exchange: Exchange,
  { resource, version }: Route,
  answer: Response,
  { cache, revisions, now }: RevisionParts,
): void {
  const { toldRevision: told } = exchange
  if (told === undefined || resource.cache.kind === 'none') return
  const heard = revisions.hear(`${resource.name}@${version}`, told, now())
  if (heard.kind === 'changed') {
    const stamped = cache.purge([revisionTag(resource.name, version, heard.before)])
    if (stamped !== undefined) exchange.waitUntil(stamped.catch(() => undefined))
  } else if (heard.kind === 'outdated') {
    const lifetimes = answer.headers.get(edgeCacheControl)
    if (lifetimes !== null) answer.headers.set(edgeCacheControl, shortened(lifetimes))
  }
}

/** `max-age=30, stale-while-revalidate=300, stale-if-error=86400` → `max-age=1, stale-if-error=86400` */
const shortened = (lifetimes: string): string =>
  lifetimes.replace(/max-age=\d+/, 'max-age=1').replace(/, stale-while-revalidate=\d+/, '')
