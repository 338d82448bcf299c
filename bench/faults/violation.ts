import type { Exchange } from './exchange.ts'

/** The kinds of wrong that a run is searched for. */
export const violationKinds = ['lost', 'doubled', 'untrue', 'stale', 'hung', 'not linearizable'] as const
export type ViolationKind = (typeof violationKinds)[number]

export interface Violation {
  readonly kind: ViolationKind
  /** One sentence: what was told, and what is so. */
  readonly what: string
  /** The exchanges that show it, and no others. */
  readonly exchanges: readonly Exchange[]
  /** Name of the document, for the versions that the report adds. */
  readonly document?: string
  /** Versions to show. */
  readonly versions?: readonly number[]
}
