import { assertionClaims, assertionProfile, headers as names, type Priority } from '@spillway/origin/contract'
import { importJWK, type JWK, SignJWT } from 'jose'
import type { HeadersOf } from './workload.ts'

/** Credentials that the users of a run send. */
export type Credentials =
  /** None: peers that check nothing. */
  | { readonly kind: 'none' }
  /** Fixed headers, one set a user, e.g. bearer tokens towards the edge. */
  | { readonly kind: 'headers'; readonly sets: readonly Readonly<Record<string, string>>[] }
  /** The edge's assertions for the origin, renewed as the edge does: one for each subject and minute. */
  | {
      readonly kind: 'assertions'
      readonly key: JWK
      readonly subjects: number
      readonly scopes: readonly string[]
      readonly priority?: Priority
      /** Remaining time budget that is sent to the origin, in ms. */
      readonly timeoutMs?: number
    }

export interface Held {
  readonly headersOf: HeadersOf
  stop(): void
}

/** Makes the headers, and keeps them valid until `stop`. */
export async function holdCredentials(credentials: Credentials): Promise<Held> {
  if (credentials.kind === 'none') return { headersOf: () => ({}), stop: () => {} }
  if (credentials.kind === 'headers') {
    const { sets } = credentials
    return { headersOf: (user) => sets[user % sets.length] ?? {}, stop: () => {} }
  }
  const { key, subjects, scopes, priority, timeoutMs } = credentials
  const sets: Record<string, string>[] = []
  const renew = async () => {
    for (let i = 0; i < subjects; i++) {
      const assertion = await assertionOf(key, `user-${i}`, scopes)
      sets[i] = {
        [names.assertion]: assertion,
        ...(priority !== undefined && { [names.priority]: priority }),
        ...(timeoutMs !== undefined && { [names.timeoutMs]: String(timeoutMs) }),
      }
    }
  }
  await renew()
  const timer = setInterval(() => void renew(), (assertionProfile.reuseSeconds + 1) * 1000)
  return { headersOf: (user) => sets[user % subjects] ?? {}, stop: () => clearInterval(timer) }
}

/** Assertion as the edge signs it. */
async function assertionOf(key: JWK, subject: string, scopes: readonly string[]): Promise<string> {
  const { algorithm, type, issuer, audience, lifetimeSeconds } = assertionProfile
  const nowSeconds = Math.floor(Date.now() / 1000)
  // The cast is safe: keys of `edge/dev` have an id.
  return new SignJWT({ ...assertionClaims({ subject, scopes }) })
    .setProtectedHeader({ alg: algorithm, typ: type, kid: key.kid as string })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + lifetimeSeconds)
    .sign(await importJWK(key, algorithm))
}
