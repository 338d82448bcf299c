import type { World } from '../world.ts'

/** Text of documents that only their owners, and an admin, may see. */
export const secret = 'Nobody else knows of this'

/** A way to be shown, or to change, what the rules deny. */
export interface Attack {
  /** The guarantee that holds all the same. */
  readonly what: string
  /** Tries it by many requests. @throws {AssertionError} if it succeeds */
  readonly prove: (world: World) => Promise<void>
}
