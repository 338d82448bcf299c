import type { Arena } from './arena.ts'

/** Arguments of a design's start. */
export interface DesignContext {
  readonly arena: Arena
  /** URI of the scaled database. */
  readonly databaseUri: string
  readonly scale: number
  readonly seed: number
  readonly closing: AsyncDisposableStack
}

export interface StartedDesign {
  readonly url: string
}
