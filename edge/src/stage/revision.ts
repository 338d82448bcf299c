import { edgeCacheControl, type Route, revisionTag } from '@spillway/origin/contract'
import type { HttpCache } from '../cache/index.ts'
import type { CurrentRevisions } from '../consistency/current-revisions.ts'
import type { Exchange } from '../exchange.ts'
import type { OriginReply } from '../http/origin-reply.ts'

export interface RevisionParts {
  readonly cache: HttpCache
  readonly revisions: CurrentRevisions
  readonly now: () => number
}

/**
 * Reacts to a resource revision in the origin's answer: a deployment there changes what stored answers should show. The
 * first answer in a new revision ends the stored answers of the old one: at once in this isolate, by the purge stamp in
 * the rest of the data centre. It does not purge the zone: each data centre sees the new revision itself, and every
 * isolate would request the same purge.
 *
 * An answer in an outdated revision, from a process that is not deployed yet, is served and stored for one second: long
 * enough that a hot key does not send every reader to the origin, and no longer.
 */
export function heedRevision(
  exchange: Exchange,
  { resource, version }: Route,
  { headers }: OriginReply,
  { cache, revisions, now }: RevisionParts,
): void {
  const { revision } = exchange
  if (revision === undefined || resource.cache.kind === 'none') return
  const change = revisions.observe(`${resource.name}@${version}`, revision, now())
  if (change.kind === 'changed') {
    const stamped = cache.purge([revisionTag(resource.name, version, change.before)])
    if (stamped !== undefined) exchange.waitUntil(stamped.catch(() => undefined))
  } else if (change.kind === 'outdated') {
    const lifetimes = headers.get(edgeCacheControl)
    if (lifetimes !== null) headers.set(edgeCacheControl, shortened(lifetimes))
  }
}

/** `max-age=30, stale-while-revalidate=300, stale-if-error=86400` → `max-age=1, stale-if-error=86400` */
const shortened = (lifetimes: string): string =>
  lifetimes.replace(/max-age=\d+/, 'max-age=1').replace(/, stale-while-revalidate=\d+/, '')
