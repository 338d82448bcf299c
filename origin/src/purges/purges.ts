/** Tells the edge what writes have made obsolete that no request through it has caused. */
export interface Purges {
  /**
   * Resolves when the edge has purged the tags. After `waitMs` it resolves without that, and they are sent again and again
   * in the background.
   */
  purge(tags: readonly string[], waitMs: number): Promise<void>
}

export type PurgeObservation =
  /** A call that failed: its tags are sent again. */
  | { readonly kind: 'failed'; readonly reason: string; readonly waiting: number }
  /** Tags that are given up: answers that have them may be stale until they expire. */
  | { readonly kind: 'dropped'; readonly tags: number }
