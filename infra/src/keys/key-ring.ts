import type { KeyHolder } from '../key-names.ts'

/**
 * Secret keys of edge and origins, one ring for each use. A ring's first key is the one in use; a second one is either new and
 * not yet used, or old and still accepted. A rotation has three steps, each safe by itself:
 * 1. `trust`: a new key is accepted everywhere, and used nowhere.
 * 2. `use`: it is used, and the old one still accepted.
 * 3. `drop`: the key that is not in use is forgotten. After step 1 alone this ends the rotation without effect.
 */
export const ringNames = ['assertion', 'cache', 'consistency', 'purge', 'webhook'] as const
export type RingName = (typeof ringNames)[number]

/** The secret that holds a ring. */
export const holderOf: Readonly<Record<RingName, KeyHolder>> = {
  assertion: 'edge',
  cache: 'edge',
  consistency: 'edge',
  purge: 'purge',
  webhook: 'webhook',
}

/** Rings that the Worker alone uses; origins use the others. */
export const edgeRings: readonly RingName[] = ringNames.filter((name) => holderOf[name] === 'edge')
export const originRings: readonly RingName[] = ringNames.filter((name) => holderOf[name] !== 'edge')

export interface RingKey {
  /** A private JSON Web Key as text for assertions, 32 random bytes in base64url for the others. */
  readonly value: string
  /** Time at which the key was trusted first, epoch milliseconds. */
  readonly trustedAtMs: number
  /** Time at which it came into use in the place of another one, epoch milliseconds. */
  readonly usedAtMs?: number
}

export type Ring = readonly RingKey[]
export type KeyRings = Readonly<Partial<Record<RingName, Ring>>>

/**
 * Time after which a new key is accepted everywhere, if the Worker's version was deployed at once: origins look for
 * public keys once a minute (`spillway-edge-keys.timer`). An edge that signed with a key earlier would be refused. The
 * origins have their own rings from their next start: the runbook rotate-origin-keys replaces them between the steps.
 */
export const trustedEverywhereMs = 180_000

/** A rotation step that would cause an outage, or has nothing to do. */
export class KeyStepError extends Error {
  override readonly name = 'KeyStepError'
}

export const created = (value: string, nowMs: number): Ring => [{ value, trustedAtMs: nowMs }]

/** @throws {KeyStepError} when the ring has no key yet, or an unfinished rotation */
export function trust(ring: Ring | undefined, value: string, nowMs: number): Ring {
  const [inUse, other] = ring ?? []
  if (inUse === undefined) throw new KeyStepError('there is no key yet: create one')
  if (other !== undefined) throw new KeyStepError('a rotation is not finished: use or drop its key first')
  return [inUse, { value, trustedAtMs: nowMs }]
}

/**
 * Exchanges the two keys, so a second call takes the first one back.
 * @throws {KeyStepError} when there is no other key, or it may not be trusted everywhere yet
 */
export function use(ring: Ring | undefined, nowMs: number): Ring {
  const [inUse, other] = ring ?? []
  if (inUse === undefined || other === undefined)
    throw new KeyStepError('there is no other key: trust a new one')
  const waitMs = other.trustedAtMs + trustedEverywhereMs - nowMs
  if (waitMs > 0) {
    throw new KeyStepError(`the key may not be trusted everywhere yet: wait ${Math.ceil(waitMs / 1_000)} s`)
  }
  return [{ ...other, usedAtMs: nowMs }, inUse]
}

/** @throws {KeyStepError} when there is no other key */
export function drop(ring: Ring | undefined): Ring {
  const [inUse, other] = ring ?? []
  if (inUse === undefined || other === undefined) throw new KeyStepError('there is no other key to drop')
  return [inUse]
}
