import type { AccessRule } from '@spillway/origin/contract'
import { breaking, type Change, safe } from './change.ts'

/** The change of a rule: wider, or not certainly wider, which breaks those who lose access. */
export function* accessChanges(place: string, before: AccessRule, after: AccessRule): Generator<Change> {
  if (sameRule(before, after)) return
  yield allowsAll(before, after)
    ? safe(`${place}: more callers are allowed`)
    : breaking(`${place}: some callers may not be allowed any more`)
}

/**
 * Whether everybody whom `before` allows is certainly allowed by `after`. Decided by the form of the rules alone: what
 * claims mean to each other is not known, so the answer is `false` more often than it must be.
 */
function allowsAll(before: AccessRule, after: AccessRule): boolean {
  if (before.kind === 'never' || after.kind === 'anyone' || sameRule(before, after)) return true
  if (before.kind === 'any') return before.rules.every((rule) => allowsAll(rule, after))
  if (after.kind === 'all') return after.rules.every((rule) => allowsAll(before, rule))
  if (after.kind === 'any' && after.rules.some((rule) => allowsAll(before, rule))) return true
  if (before.kind === 'all') return before.rules.some((rule) => allowsAll(rule, after))
  return after.kind === 'signedIn' && needsCaller.has(before.kind)
}

/** Words that no caller without a token satisfies. */
const needsCaller: ReadonlySet<AccessRule['kind']> = new Set(['scope', 'claim', 'owner', 'member', 'tenant'])

const sameRule = (one: AccessRule, other: AccessRule): boolean =>
  JSON.stringify(one) === JSON.stringify(other)
