import {
  type ApiKeys,
  type DocumentOf,
  keySecretsMax,
  type NewApiKey,
  type NewOwnKey,
  type Principal,
  type Rotation,
  type StoredApiKey,
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

/** Reasons for which somebody gets no key of their own. */
export type OwnKeyRefusal = 'too-many-keys' | 'ends-in-the-past' | 'ends-too-late'

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
    const by = issuedBy === undefined ? {} : { issuedBy }
    return await this.#create(id, { ...grants, ...by, subject: subject ?? `key:${id}`, expiresAt })
  }

  /** Issues a key that acts as the caller, whose scopes it does not exceed. */
  async issueOwn(
    { name, scopes, expiresAt }: NewOwnKey,
    { subject, claims = {}, priority }: Principal,
  ): Promise<IssuedKey | OwnKeyRefusal> {
    const { ownKeys } = this.#resource
    if (ownKeys === undefined)
      throw new TypeError('the application has no keys that people issue for themselves')
    const lastEnd = this.#after(ownKeys.lifetimeSecondsMax * 1_000)
    if (expiresAt !== undefined && !this.#isAhead(expiresAt)) return 'ends-in-the-past'
    if (expiresAt !== undefined && Date.parse(expiresAt) > Date.parse(lastEnd)) return 'ends-too-late'
    const ownPlace = await this.#freePlace(subject, ownKeys.countMax)
    if (ownPlace === undefined) return 'too-many-keys'
    return await this.#create(newKeyId(), {
      ...{ name, scopes: [...new Set(scopes)], subject, issuedBy: subject, ownPlace },
      expiresAt: expiresAt ?? lastEnd,
      claims: Object.entries(claims).map(([claim, values]) => ({ name: claim, values: [...values] })),
      ...(priority !== undefined && { priority }),
    })
  }

  /**
   * A place for a key of this person; keys that have ended give theirs back. Of two who take one, the index refuses
   * one.
   */
  async #freePlace(subject: string, countMax: number): Promise<string | undefined> {
    const places = Array.from({ length: countMax }, (_, index) => `${index} ${subject}`)
    const holders = await this.#store.list(this.#resource, {
      filter: { ownPlace: { in: places } },
      limit: countMax,
    })
    const ended = holders.filter(({ expiresAt }) => !this.#isAhead(expiresAt))
    for (const { id } of ended) await this.#store.update(this.#resource, id, { ownPlace: undefined })
    const taken = new Set(holders.filter((one) => !ended.includes(one)).map((one) => one.ownPlace))
    return places.find((place) => !taken.has(place))
  }

  /** Stores a key with its first secret. */
  async #create(id: string, fields: Omit<StoredApiKey, 'secrets' | 'changedAt'>): Promise<IssuedKey> {
    const key = newKey(id)
    const { subject, expiresAt } = fields
    const secrets = [{ hash: digestOf(key), until: expiresAt }]
    await this.#store.create(this.#resource, { ...fields, secrets, changedAt: this.#now }, { id })
    return { id, key, subject, expiresAt }
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
      const fields = { revokedAt: this.#now, changedAt: this.#now, secrets: [], ownPlace: undefined }
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
