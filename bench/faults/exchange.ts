/** One request and its answer, as the checks see them. Times are epoch milliseconds. */

export type ResourceName = 'places' | 'trips' | 'advisories'
export type Operation = 'create' | 'batch' | 'put' | 'patch' | 'delete' | 'read' | 'list'

export interface Exchange {
  readonly number: number
  /** Session that asked: it must see its own writes. */
  readonly session: string
  /** The session sends its consistency token. */
  readonly hasToken: boolean
  /** `edge 0`, or `origin 1` where the edge was passed by. */
  readonly via: string
  readonly resource: ResourceName
  readonly operation: Operation
  readonly documentId?: string
  /** Unique text that this write puts into the document: the database tells by it whose write a version is. */
  readonly marker?: string
  /** Markers of a batch's items, in order. */
  readonly markers?: readonly string[]
  /** Idempotency-Key; repeated requests have the same marker. */
  readonly key?: string
  /** Version that the write was to replace. */
  readonly ifMatch?: number
  readonly startMs: number
  readonly endMs: number
  /** `undefined`: none came. */
  readonly answer: Answer | undefined
  /** Why none came. */
  readonly failure?: string
}

export interface Answer {
  readonly status: number
  /** Problem code. */
  readonly code?: string
  readonly detail?: string
  /** Version that the ETag names. */
  readonly version?: number
  readonly etag?: string
  readonly documentId?: string
  /** The marker in the document that it shows. */
  readonly marker?: string
  readonly cacheStatus?: string
  readonly isReplayed: boolean
  /** Items of a list, or of a batch. */
  readonly items?: readonly Item[]
  /** The list shows every document. */
  readonly isComplete?: boolean
}

export interface Item {
  /** Status of a batch's item. */
  readonly status?: number
  readonly code?: string
  readonly documentId?: string
  readonly version?: number
  readonly marker?: string
}

export const isWrite = ({ operation }: Exchange): boolean => operation !== 'read' && operation !== 'list'

export const isSuccess = (status: number): boolean => status >= 200 && status < 300

/**
 * Tells an answer that leaves the outcome open. One code alone says so, since a program cannot read prose: every other
 * error claims that the request has done nothing.
 */
export const isOpen = (told: { readonly status?: number; readonly code?: string } | undefined): boolean =>
  told === undefined || told.code === 'outcome-unknown'

/** Name of a document in chains and reports. */
export const documentName = (resource: ResourceName, id: string): string => `${resource}/${id}`
