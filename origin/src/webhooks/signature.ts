import { createHmac, randomBytes } from 'node:crypto'

/** Prefix of secrets (Standard Webhooks, "Symmetric signatures"). */
export const secretPrefix = 'whsec_'

/** A new secret of 32 random bytes. */
export const newSecret = (): string => `${secretPrefix}${randomBytes(32).toString('base64')}`

export interface SignedMessage {
  /** Without a full stop, which separates the signed parts. */
  readonly id: string
  /** Time of the attempt, in seconds since the epoch. */
  readonly timestamp: number
  readonly body: string
}

/**
 * Header fields of a message (Standard Webhooks, "Webhook metadata"): one signature for each secret, so that a receiver
 * may know the old one or the new one while they change.
 */
export function signedHeaders(
  { id, timestamp, body }: SignedMessage,
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(secretPrefix.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  }
}
