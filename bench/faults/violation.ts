import type { Exchange } from './exchange.ts'

/** Kinds of violations. */
export const violationKinds = ['lost', 'doubled', 'untrue', 'stale', 'hung', 'not linearizable'] as const
export type ViolationKind = (typeof violationKinds)[number]

export interface Violation {
  readonly kind: ViolationKind
  /** One sentence: the answer, and the fact that contradicts it. */
  readonly what: string
  /** Exchanges that prove it. */
  readonly exchanges: readonly Exchange[]
  /** Name of the document whose versions the report adds. */
  readonly document?: string
  /** Versions to show. */
  readonly versions?: readonly number[]
}
