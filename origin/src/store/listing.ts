import type { Document } from 'mongodb'

/** A list, as a database query. */
export interface Listing {
  readonly filter: Document
  readonly sort: Document
  readonly limit: number
  /** Replaces the filter if the order must be computed. */
  readonly pipeline?: readonly Document[]
  /** Refuses what one reply of the database does not hold: 16 MiB, with one document more. */
  readonly inOneReply?: true
  /** Read from a member that may lag behind, if there is one. @default the primary */
  readonly from?: 'reader'
}

/** A count of documents, up to a maximum. */
export interface Tally {
  readonly filter: Document
  readonly countMax: number
  /** Sort of the list that is counted; used for resources with `stored`. */
  readonly sort?: Document
}
