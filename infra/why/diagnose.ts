import type { Cause } from './cause.ts'
import { causes, unexplained } from './causes.ts'
import type { Signs } from './signs.ts'

/** A cause that was found, with what shows it. */
export interface Finding {
  readonly cause: Cause
  readonly evidence: readonly string[]
  /** Route patterns whose requests are refused because of it, and callers where they are known. */
  readonly hits: readonly string[]
  /** Time of the edge's first refusal because of it since the last quiet minute, RFC 3339; `undefined`: none. */
  readonly since: string | undefined
}

/** The causes of what is observed, the one that explains others first; none: the stack is healthy. */
export function diagnose(signs: Signs): readonly Finding[] {
  return [...causes, unexplained].flatMap((cause) => {
    const evidence = cause.evidence(signs)
    if (evidence.length === 0) return []
    const { routes, since } = signs.edge
    const first = cause.reasons.flatMap((reason) => since[reason] ?? []).sort()[0]
    const hits = [...new Set(cause.reasons.flatMap((reason) => routes[reason] ?? []))].sort()
    return [{ cause, evidence, hits: [...(cause.callers?.(signs) ?? []), ...hits], since: first }]
  })
}
