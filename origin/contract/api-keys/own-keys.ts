import { type Static, Type } from 'typebox'
import type { AccessRule } from '../access.ts'
import { DefinitionError } from '../definition-check.ts'
import { checkDuration, type Duration, durationSeconds } from '../duration.ts'
import { chosen, time } from './key-schemas.ts'

/** Keys that people issue for themselves. Such a key acts as its owner, and cannot issue keys. */

export interface OwnKeys {
  /** People who may have keys of their own. Documents are not read. */
  readonly access: AccessRule
  /** Valid keys of one person. @default 10 */
  readonly countMax?: number
  /** Longest life of such a key: it keeps its owner's roles of the time at which it was issued. @default '90d' */
  readonly lifetimeMax?: Duration
}

export interface CheckedOwnKeys {
  readonly access: AccessRule
  readonly countMax: number
  readonly lifetimeSecondsMax: number
}

const countsMax = 100

/** @throws {DefinitionError} with every mistake */
export function checkedOwnKeys(resource: string, options: OwnKeys): CheckedOwnKeys {
  const { access, countMax = 10, lifetimeMax = '90d' } = options
  const mistakes = [...checkCount(countMax), ...checkDuration('own.lifetimeMax', lifetimeMax, ['1d', '366d'])]
  if (mistakes.length > 0) throw new DefinitionError(resource, mistakes)
  return { access, countMax, lifetimeSecondsMax: durationSeconds(lifetimeMax) }
}

function* checkCount(countMax: number): Generator<string> {
  if (Number.isInteger(countMax) && countMax >= 1 && countMax <= countsMax) return
  yield `own.countMax ${countMax}: must be an integer from 1 to ${countsMax}`
}

export const issueOwnInput = Type.Object({
  ...chosen,
  expiresAt: Type.Optional(time('Default: the latest end that is possible.')),
})
export type NewOwnKey = Static<typeof issueOwnInput>

/**
 * Claim of the principal of a request with a key, in an application with own keys: the id of the key. No rule names it;
 * the edge sets it, and an issuer that sets it takes a right away.
 */
export const keyClaim = 'spillway_key'
