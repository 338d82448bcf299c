import type { Fields } from './definition.ts'

/** Part of an application for laptops and load tools: never deployed, and all of it optional. */
export interface ApplicationTools {
  readonly seed?: Seed
  readonly welcome?: Welcome
  readonly load?: LoadMix
}

/** Documents to begin with. */
export interface Seed {
  /** Changes when the documents do, so that a database with older ones is completed. */
  readonly revision: string
  /** Stored documents by resource, in the order of loading; not called where the revision is loaded already. */
  documents(): Readonly<Record<string, readonly SeedDocument[]>>
}

/** A stored document under an id that is the same every time. */
export type SeedDocument = Fields & { readonly id: string }

/** Requests that `npm start` prints to be tried at once. @default the newest list of the first resource */
export interface Welcome {
  /** Holder of the token that is printed. */
  readonly subject: string
  readonly scopes: readonly string[]
  /** One line that says what the requests do. */
  readonly caption: string
  readonly requests: readonly WelcomeRequest[]
}

/** A request to paste into a shell: a POST where it has a body. */
export interface WelcomeRequest {
  readonly path: string
  /** Whether it is sent with the token. */
  readonly signedIn: boolean
  readonly body?: Fields
}

/** Operations that the load scenarios ask for. */
export type LoadOperation = 'read' | 'list' | 'create' | 'patch'

/**
 * How often operations are asked for in relation to each other: one of a resource (`places.read`), or one of every resource
 * that offers it (`read`), evenly.
 */
export type LoadShares = Readonly<Partial<Record<LoadOperation | `${string}.${LoadOperation}`, number>>>

/** Load mix of users, as the load scenarios imitate it. */
export interface LoadMix {
  /** Requests of users who browse. */
  readonly browse: LoadShares
  /** Resources that a crowd comes for. */
  readonly crowded: readonly string[]
  /** Documents that are read. */
  readonly documents: number
}
