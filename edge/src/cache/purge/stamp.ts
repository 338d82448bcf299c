/** Mark that a purge or a fill writes for a tag: a unique id and the time of writing. */
export interface Stamp {
  readonly id: string
  /** Epoch milliseconds, by the clock of the machine that wrote it. */
  readonly atMs: number
}

/**
 * Each tag has two stamps with separate writers:
 * - `purged`, written by purges. The zone's purge does not remove it.
 * - `known`, written by fills, if a zone is configured. The zone's purge removes it, so its absence means that the tag
 *   may have been purged elsewhere.
 */
export type StampName = 'purged' | 'known'

/** Result of reading a stamp. `unknown` (late or failed) means neither "purged" nor "never purged". */
export type StampRead =
  | { readonly kind: 'found'; readonly stamp: Stamp }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown' }

/** Stamps shared by the isolates of a data centre. */
export interface StampStore {
  /** Never rejects. */
  read(name: StampName, tag: string): Promise<StampRead>
  /** Never rejects. @returns whether later reads in this data centre will find it */
  write(name: StampName, tag: string, stamp: Stamp): Promise<boolean>
}

/** Stamp of a tag that was never stamped; older than all others. */
export const noStamp: Stamp = { id: '', atMs: Number.NEGATIVE_INFINITY }

/** 50 random bits: enough for the few stamps that one tag has during an answer's life. */
export const newStamp = (atMs: number): Stamp => ({ id: Math.random().toString(36).slice(2, 12), atMs })

const groupPrefix = 'group/'

/**
 * Group tag of all tags of a resource: `group/places` for `places:1` and `places:*`. Their stamps carry it, so that the
 * zone can purge the whole resource with one tag. Contract tags contain no slash.
 */
export const groupTag = (tag: string): string =>
  tag.startsWith(groupPrefix) ? tag : groupPrefix + tag.split(':', 1)[0]
