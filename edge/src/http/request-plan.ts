import {
  type AccessRule,
  type Alternative,
  cacheKey,
  type Expansion,
  type ExportFormat,
  type Priority,
  type Problem,
  type Route,
} from '@spillway/origin/contract'

/** A read of a resource: its target, its cache key and its access rule. */
export interface ReadPlan {
  readonly kind: 'read'
  readonly route: Route
  /** Canonical path and query for the origin. */
  readonly target: string
  /** Canonical query with the cursor, if any: the input of {@link cacheKey}. */
  readonly canonical: string
  /** Whether the answer is stored once, and each caller's right to it is decided by its rule attributes. */
  readonly isOneCopy: boolean
  /** Cache key shared by all callers; `undefined` when each audience has its own key or nothing is stored. */
  readonly sharedKey: string | undefined
  readonly isStored: boolean
  /** References whose documents the answer shows. */
  readonly expand: readonly Expansion[]
  /** Conditions that the documents of a list satisfy by its filters. */
  readonly given: Alternative
  readonly isOpen: boolean
  readonly access: AccessRule
  readonly priority: Priority
  /** For logs: `/v1/places/:id`, without ids and query values. */
  readonly pattern: string
}

/** Any request that may change a document. It is never stored, and its body is forwarded unparsed. */
export interface WritePlan {
  readonly kind: 'write'
  readonly route: Route
  readonly target: string
  /** Time budget: an action may have more than other requests. */
  readonly timeoutMs: number
  readonly isOpen: boolean
  readonly access: AccessRule
  readonly priority: Priority
  readonly pattern: string
}

/** A whole list in a format that `Accept` names. It is never stored. */
export interface ExportPlan {
  readonly kind: 'export'
  readonly route: Route
  readonly format: ExportFormat
  readonly target: string
  /** Longest time that it may take, in ms. */
  readonly timeoutMs: number
  readonly isOpen: boolean
  readonly access: AccessRule
  readonly priority: Priority
  readonly pattern: string
}

/** The changes of a resource, as a page or a stream. Never stored. */
export interface FeedPlan {
  readonly kind: 'feed'
  readonly route: Route
  readonly target: string
  /** Longest time that a page waits for a change. */
  readonly waitSeconds: number
  readonly isOpen: boolean
  readonly access: AccessRule
  readonly priority: Priority
  readonly pattern: string
}

/** The history of a document. Never stored. */
export interface HistoryPlan {
  readonly kind: 'history'
  readonly route: Route
  readonly target: string
  readonly isOpen: boolean
  readonly access: AccessRule
  readonly priority: Priority
  readonly pattern: string
}

/** The documentation that the origin serves: public, and the same for everybody. */
export interface PagePlan {
  readonly kind: 'page'
  readonly target: string
  readonly pattern: string
  readonly priority: Priority
}

/** A known route with an invalid query. Only callers with access learn what is wrong. */
export interface InvalidPlan {
  readonly kind: 'invalid'
  readonly route: Route
  readonly problem: Problem
  readonly isOpen: boolean
  readonly access: AccessRule
  readonly pattern: string
}

export interface OptionsPlan {
  readonly kind: 'options'
  readonly allow: readonly string[]
}

/** Matches no contract route: one of hono's, or none. */
export interface UnmatchedPlan {
  readonly kind: 'unmatched'
  /** The answer when hono has no such route either. */
  readonly problem: Problem
  /** For logs: the pattern of the route that hono matched, once known. */
  pattern: string | undefined
}

/** Tags that an origin wants to be purged. */
export interface PurgePlan {
  readonly kind: 'purge'
  /** The answer of an edge that takes none. */
  readonly problem: Problem
  readonly pattern: string
}

export interface RefusedPlan {
  readonly kind: 'refused'
  readonly problem: Problem
}

export type ServedPlan = ReadPlan | ExportPlan | FeedPlan | HistoryPlan | WritePlan | PagePlan
export type RequestPlan = ServedPlan | InvalidPlan | OptionsPlan | PurgePlan | RefusedPlan | UnmatchedPlan
