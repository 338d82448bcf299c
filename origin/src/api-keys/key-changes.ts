import {
  type ApiKeys,
  type DocumentOf,
  keySecretsMax,
  type NewApiKey,
  type Rotation,
} from '@spillway/origin/contract'
import type { ActionStore } from '../action/action-store.ts'
import { digestOf, newKey, newKeyId } from './new-key.ts'

/** The resource of the keys. */
export type KeyResource = ApiKeys['resource']

/** A key as it is shown once. */
export interface IssuedKey {
  readonly id: string
  readonly key: string
  readonly subject: string
  readonly expiresAt: string
}

/** Reasons for which a key is not changed. */
export type KeyRefusal = 'unknown' | 'revoked' | 'too-many-secrets' | 'ends-in-the-past'

/** Keys in one list of the command. */
export const keysListedMax = 1_000

const yearMs = 365 * 86_400_000
const dayMs = 86_400_000

/** Documents of keys in a unit of work. */
export class KeyChanges {
  readonly #store: ActionStore
  readonly #resource: KeyResource
  readonly #now: string

  /** @param now time of the writes, RFC 3339 */
  constructor(store: ActionStore, resource: KeyResource, now: string) {
    this.#store = store
    this.#resource = resource
    this.#now = now
  }

  /** @param issuedBy subject of the caller. @default none: an operator */
  async issue(
    { subject, expiresAt = this.#after(yearMs), ...grants }: NewApiKey,
    issuedBy?: string,
  ): Promise<IssuedKey | KeyRefusal> {
    if (!this.#isAhead(expiresAt)) return 'ends-in-the-past'
    const id = newKeyId()
    const key = newKey(id)
    const own = subject ?? `key:${id}`
    await this.#store.create(
      this.#resource,
      {
        ...grants,
        subject: own,
        ...(issuedBy !== undefined && { issuedBy }),
        expiresAt,
        secrets: [{ hash: digestOf(key), until: expiresAt }],
        changedAt: this.#now,
      },
      { id },
    )
    return { id, key, subject: own, expiresAt }
  }

  async rotate(
    id: string,
    { overlapSeconds = dayMs / 1_000, expiresAt = this.#after(yearMs) }: Rotation,
  ): Promise<IssuedKey | KeyRefusal> {
    const found = await this.read(id)
    if (found === undefined) return 'unknown'
    if (found.revokedAt !== undefined) return 'revoked'
    if (!this.#isAhead(expiresAt)) return 'ends-in-the-past'
    const overlapEnd = this.#after(overlapSeconds * 1_000)
    const kept = found.secrets
      .map(({ hash, until }) => ({ hash, until: until < overlapEnd ? until : overlapEnd }))
      .filter(({ until }) => this.#isAhead(until))
    if (kept.length >= keySecretsMax) return 'too-many-secrets'
    const key = newKey(id)
    await this.#store.update(this.#resource, id, {
      secrets: [{ hash: digestOf(key), until: expiresAt }, ...kept],
      ...{ expiresAt, changedAt: this.#now },
    })
    return { id, key, subject: found.subject, expiresAt }
  }

  /** Ends a key for good. A key that is revoked stays as it is. @returns whether there is such a key */
  async revoke(id: string): Promise<boolean> {
    const found = await this.read(id)
    if (found === undefined) return false
    if (found.revokedAt === undefined) {
      const fields = { revokedAt: this.#now, changedAt: this.#now, secrets: [] }
      await this.#store.update(this.#resource, id, fields)
    }
    return true
  }

  /** Notes that a key was in use, unless that was noted after `staleBefore` (RFC 3339). */
  async noteUse(id: string, staleBefore: string): Promise<void> {
    const found = await this.read(id)
    if (found === undefined || (found.lastUsedAt !== undefined && found.lastUsedAt >= staleBefore)) return
    await this.#store.update(this.#resource, id, { lastUsedAt: this.#now })
  }

  /** The keys that have changed last, the latest first. */
  list(): Promise<readonly DocumentOf<KeyResource>[]> {
    return this.#store.list(this.#resource, { sort: '-changedAt', limit: keysListedMax })
  }

  read(id: string): Promise<DocumentOf<KeyResource> | undefined> {
    return this.#store.get(this.#resource, id)
  }

  /** Whether a time is later than now; times are compared as instants, since callers write them in any zone. */
  #isAhead(time: string): boolean {
    return Date.parse(time) > Date.parse(this.#now)
  }

  #after(ms: number): string {
    return new Date(Date.parse(this.#now) + ms).toISOString()
  }
}
