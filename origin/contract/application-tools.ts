import type { Fields } from './definition.ts'

/** Optional part of an application for laptops and load tools; never deployed. */
export interface ApplicationTools {
  readonly seed?: Seed
  readonly welcome?: Welcome
  readonly load?: LoadMix
  readonly canary?: CanaryTarget
}

/** A resource whose documents the canary creates, changes and deletes as an identity of its own. */
export interface CanaryTarget {
  readonly version: string
  /** Its documents belong to their author, so that nobody else sees those of the canary. */
  readonly resource: string
  readonly body: Fields
  readonly patch: Fields
}

/** Initial documents of a development database. */
export interface Seed {
  /** Change it together with the documents: a database with an older revision is completed. */
  readonly revision: string
  /** Stored documents by resource, in loading order; not called if the revision is loaded already. */
  documents(): Readonly<Record<string, readonly SeedDocument[]>>
}

/** A stored document with a fixed id. */
export type SeedDocument = Fields & { readonly id: string }

/** Requests that `npm start` prints for the first try. @default the newest list of the first resource */
export interface Welcome {
  /** Subject of the printed token. */
  readonly subject: string
  readonly scopes: readonly string[]
  /** One line that describes the requests. */
  readonly caption: string
  readonly requests: readonly WelcomeRequest[]
}

/** A request to paste into a shell; a POST if it has a body. */
export interface WelcomeRequest {
  readonly path: string
  /** Whether it carries the token. */
  readonly signedIn: boolean
  readonly body?: Fields
}

/** Operations in a load mix. */
export type LoadOperation = 'read' | 'list' | 'create' | 'patch' | 'action'

/**
 * Relative frequencies of operations: of one resource (`places.read`, or `listings.book` for an action), or of every
 * resource that offers it (`read`), evenly.
 */
export type LoadShares = Readonly<Partial<Record<LoadOperation | `${string}.${string}`, number>>>

/** Load mix that the load scenarios imitate. */
export interface LoadMix {
  /** Requests of browsing users. */
  readonly browse: LoadShares
  /** Resources that attract a crowd. */
  readonly crowded: readonly string[]
  /** Number of documents that the load reads. */
  readonly documents: number
  /** Inputs of actions to choose from, by name (`listings.book`). @default any that their schemas accept */
  readonly inputs?: Readonly<Record<string, readonly Fields[]>>
  /**
   * Declared reasons with which an action may refuse, by name (`'listings.book': ['dates-taken']`). Such a refusal counts as
   * a good answer, and apart as `refused`. @default none: each refusal is a failure
   */
  readonly expects?: Readonly<Record<string, readonly string[]>>
}
