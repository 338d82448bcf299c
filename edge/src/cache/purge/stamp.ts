/** Mark that a purge or fill leaves under a tag: an id that no other stamp has, and when it was made. */
export interface Stamp {
  readonly id: string
  /** Epoch milliseconds, by the clock of the machine that made it. */
  readonly atMs: number
}

/**
 * Two stamps lie under a tag, and neither is written over by the writer of the other:
 * - `purged`, by purges. The zone's purge leaves it alone.
 * - `known`, by fills, where a zone is configured. The zone's purge removes it: so its absence says that the tag may
 *   have been purged from elsewhere.
 */
export type StampName = 'purged' | 'known'

/** Result of a look-up. Late or failed is `unknown`, which says nothing: neither "purged" nor "never purged". */
export type StampRead =
  | { readonly kind: 'found'; readonly stamp: Stamp }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown' }

/** Stamps that the isolates of a data centre share. */
export interface StampStore {
  /** Never rejects. */
  read(name: StampName, tag: string): Promise<StampRead>
  /** Never rejects. @returns whether the next reader of this data centre finds it */
  write(name: StampName, tag: string, stamp: Stamp): Promise<boolean>
}

/** Before all others: nothing was ever stamped. */
export const noStamp: Stamp = { id: '', atMs: Number.NEGATIVE_INFINITY }

/** 50 random bits: enough to tell apart the few stamps that one tag has while any answer lives. */
export const newStamp = (atMs: number): Stamp => ({ id: Math.random().toString(36).slice(2, 12), atMs })

const groupPrefix = 'group/'

/**
 * Common to all tags of a resource: `places:1` and `places:*` are of `group/places`. It is on their stamps, so that the zone
 * can purge all of them as one. No tag of the contract has a slash.
 */
export const groupTag = (tag: string): string =>
  tag.startsWith(groupPrefix) ? tag : groupPrefix + tag.split(':', 1)[0]
