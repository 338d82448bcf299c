import { type Operation, parseEtags, parseIdempotencyKey } from '@spillway/origin/contract'
import type { OriginOutcome } from './permit.ts'

/** Minimum remaining time that is worth another attempt. */
const remainingMsMin = 50

const attemptsMax = 2

export interface Attempt {
  /** 1 for the first attempt. */
  readonly number: number
  readonly outcome: OriginOutcome
  /** Safe (RFC 9110 §9.2.1), or a write that can be {@link toldApart}, with a body that can be sent again. */
  readonly isRepeatable: boolean
  readonly remainingMs: number
}

/**
 * Whether to retry after an outcome. Only a failed connection is retried: a timeout has used up the time, and repeating
 * a request that the origin refused adds to its overload.
 */
export const isWorthRetrying = ({ number, outcome, isRepeatable, remainingMs }: Attempt): boolean =>
  outcome === 'unreachable' && isRepeatable && number < attemptsMax && remainingMs >= remainingMsMin

/** Means by which the origin distinguishes a retry of a write from a new write. */
export type ToldApart = 'by-key' | 'by-version'

/** The part of a write that decides whether it can be retried; header values as sent, `null` if absent. */
export interface SentWrite {
  readonly operation: Operation
  readonly ifMatch: string | null
  readonly idempotencyKey: string | null
}

/**
 * Means by which the origin distinguishes a retry of a write from a new write; `undefined` if it cannot, and then the
 * write is sent only once. An idempotent method is not enough (RFC 9110 §9.2.2): a PUT that is applied, overwritten by
 * another caller and applied again undoes the other caller's acknowledged write.
 *
 * - A create with an Idempotency-Key: the retry is answered with the document that the first attempt created. Not a
 *   batch: its items are answered one by one, so a retry could report "nothing was done" for what the first attempt
 *   did.
 * - A change whose If-Match names exactly one version: the attempt that arrives second finds another version, whether
 *   the first one is done, still running, or overtaken. `*` matches any version, including the first attempt's result;
 *   a list may as well: `"1", "2"` matches version 1 and then version 2, which may be another caller's.
 * - An action with an Idempotency-Key, like a create. Its If-Match distinguishes nothing, since the action may change
 *   other documents and not the one that it names.
 *
 * The origin supports no Idempotency-Key on PUT, PATCH and DELETE.
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

/** The advice to a caller whose write has an unknown outcome. */
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
