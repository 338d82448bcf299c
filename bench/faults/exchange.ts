/** One request and its answer, as the checks see them. Times are epoch milliseconds. */

export type ResourceName = 'places' | 'trips' | 'advisories'
export type Operation = 'create' | 'batch' | 'put' | 'patch' | 'delete' | 'read' | 'list'

export interface Exchange {
  readonly number: number
  /** Session of the caller, which must see its own writes. */
  readonly session: string
  /** Whether the session sends its consistency token. */
  readonly hasToken: boolean
  /** `edge 0`, or `origin 1` for a direct request. */
  readonly via: string
  readonly resource: ResourceName
  readonly operation: Operation
  readonly documentId?: string
  /** Marker: unique text that this write puts into the document. It identifies the write in the database. */
  readonly marker?: string
  /** Markers of a batch's items, in order. */
  readonly markers?: readonly string[]
  /** Idempotency-Key; repeated requests have the same marker. */
  readonly key?: string
  /** Version that the write should replace. */
  readonly ifMatch?: number
  readonly startMs: number
  readonly endMs: number
  /** `undefined`: there was no answer. */
  readonly answer: Answer | undefined
  /** Reason for a missing answer. */
  readonly failure?: string
}

export interface Answer {
  readonly status: number
  /** Problem code. */
  readonly code?: string
  readonly detail?: string
  /** Version in the ETag. */
  readonly version?: number
  readonly etag?: string
  readonly documentId?: string
  /** Marker in the document of the answer. */
  readonly marker?: string
  readonly cacheStatus?: string
  readonly isReplayed: boolean
  /** Items of a list, or of a batch. */
  readonly items?: readonly Item[]
  /** Whether the list contains every document. */
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
 * Whether the answer leaves the outcome open. Only one code does, since programs do not read prose: every other error
 * states that the request has written nothing.
 */
export const isOpen = (told: { readonly status?: number; readonly code?: string } | undefined): boolean =>
  told === undefined || told.code === 'outcome-unknown'

/** Name of a document in chains and reports. */
export const documentName = (resource: ResourceName, id: string): string => `${resource}/${id}`
