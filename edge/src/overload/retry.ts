import { type Operation, parseEtags, parseIdempotencyKey } from '@spillway/origin/contract'
import type { OriginOutcome } from './permit.ts'

/** The least time worth starting another attempt with. */
const remainingMsMin = 50

const attemptsMax = 2

export interface Attempt {
  /** 1 for the first. */
  readonly number: number
  readonly outcome: OriginOutcome
  /** Safe (RFC 9110 §9.2.1), or a write that can be {@link toldApart}, with a body that can be sent again. */
  readonly isRepeatable: boolean
  readonly remainingMs: number
}

/**
 * Whether to try again after what happened. Only a connection that failed is tried again: a timeout has used the time
 * up, and repeating what an origin refused for want of capacity adds to what it lacks.
 */
export const isWorthRetrying = ({ number, outcome, isRepeatable, remainingMs }: Attempt): boolean =>
  outcome === 'unreachable' && isRepeatable && number < attemptsMax && remainingMs >= remainingMsMin

/** How the origin tells a second attempt of a write from a write of its own. */
export type ToldApart = 'by-key' | 'by-version'

/** A write as far as its repetition goes; fields as sent, `null` where absent. */
export interface SentWrite {
  readonly operation: Operation
  readonly ifMatch: string | null
  readonly idempotencyKey: string | null
}

/**
 * How a second attempt of a write is told from a write of its own; `undefined` where it is not, and then the write is
 * sent once. That a method is idempotent is not enough (RFC 9110 §9.2.2): a PUT that is applied, changed by another
 * caller and applied again undoes the other's acknowledged write.
 *
 * - A create with an Idempotency-Key: the second attempt is answered with what the first one made. Not a batch: each of
 *   its items is answered for itself, so that a second attempt may say "nothing was done" of what the first one did.
 * - A change with an If-Match that names one version: whichever attempt comes second finds another version, whether the
 *   first is done, still under way, or was overtaken. `*` fits any version, the first attempt's own included; and so may
 *   a list: `"1", "2"` fits version 1, and again version 2, which may be another caller's.
 * - An action with an Idempotency-Key, as a create. Its If-Match tells nothing apart, since it may change other documents
 *   and not the one that it names.
 *
 * The origin knows no Idempotency-Key on PUT, PATCH and DELETE.
 */
export function toldApart({ operation, ifMatch, idempotencyKey }: SentWrite): ToldApart | undefined {
  if (operation === 'create' || operation === 'action') {
    return idempotencyKey !== null && parseIdempotencyKey(idempotencyKey) !== undefined ? 'by-key' : undefined
  }
  if (operation === 'batchCreate' || ifMatch === null) return undefined
  const tags = parseEtags(ifMatch)
  if (tags === undefined || tags === 'any') return undefined
  return new Set(tags.map(({ version }) => version)).size === 1 ? 'by-version' : undefined
}

/** The advice to a caller who does not know whether its write happened. */
export function adviceAfter(sent: SentWrite): string {
  switch (sent.operation) {
    case 'action':
      return sent.idempotencyKey === null
        ? 'Read what the action changes before you retry, and send an Idempotency-Key with every action.'
        : 'Retry it with the same Idempotency-Key: it cannot happen twice.'
    case 'create':
    case 'batchCreate':
      return sent.idempotencyKey === null
        ? 'Check whether the document was created before you retry, and send an Idempotency-Key with every create.'
        : 'Retry it with the same Idempotency-Key: it cannot happen twice.'
    default:
      return toldApart(sent) === 'by-version'
        ? 'Retry it with the same If-Match: it cannot happen twice, and 412 or 404 means that this write or another one has happened.'
        : 'Read the document before you retry, and send its ETag in If-Match.'
  }
}
