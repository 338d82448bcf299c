import type { Signs } from './signs.ts'

/** Something that makes the stack refuse or fail requests. */
export interface Cause {
  readonly name: string
  /** Tier that has the cause; its effects may show in another one. */
  readonly tier: 'edge' | 'tunnel' | 'origin' | 'database' | 'issuer' | 'callers' | 'release'
  /** One sentence for the person who was woken up. */
  readonly says: string
  /** Text of the next step, or the name of a runbook. */
  readonly remedy: { readonly runbook: string } | { readonly text: string }
  /** Reasons by which the edge refuses requests because of it: who is hit, and since when. */
  readonly reasons: readonly string[]
  /** @returns the observations that prove it; empty if there are none */
  readonly evidence: (signs: Signs) => readonly string[]
  /** Callers that it hits, where that is known beside the routes. */
  readonly callers?: (signs: Signs) => readonly string[]
}

/** Observations of which all are needed. */
export const all = (...parts: readonly (readonly string[])[]): readonly string[] =>
  parts.every((part) => part.length > 0) ? parts.flat() : []

/** One observation, if it holds. */
export const when = (holds: boolean, text: string): readonly string[] => (holds ? [text] : [])

/** Counts of the edge's refusals for these reasons. */
export const refused = ({ edge }: Signs, ...reasons: readonly string[]): readonly string[] =>
  reasons.flatMap((reason) => {
    const count = edge.refusals[reason] ?? 0
    return when(count > 0, `the edge refused ${count} ${count === 1 ? 'request' : 'requests'}: ${reason}`)
  })
