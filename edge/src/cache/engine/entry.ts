import { type AnswerPolicy, answerPolicy } from '../policy/answer-policy.ts'
import { hitStatus } from '../policy/cache-status.ts'
import type { ResponseControl } from '../policy/response-control.ts'
import { purged } from '../policy/reuse.ts'
import type { CacheRules } from '../policy/rules.ts'
import type { Fields, StoredAnswer } from '../store/stored-record.ts'
import type { SharedHead, SharedHeads } from './shared-head.ts'

/** How an answer begins, as a `Response` takes it. Without `Content-Length`, which the runtime sends by itself. */
export interface AnswerHead {
  readonly status: number
  readonly headers: Headers
}

/** A stored answer made ready to be used: its policy as instants and its fields as they go out. */
export class Entry implements StoredAnswer {
  readonly kind = 'answer'
  readonly status: number
  readonly headers: Fields
  readonly body: Uint8Array<ArrayBuffer> | null
  readonly requestedAtMs: number
  readonly receivedAtMs: number
  readonly tags: readonly string[]
  /** Replaced by the current ids of the tags, once this entry is known to have been fetched after them. */
  stampIds: readonly (string | null)[]
  readonly turn: number
  policy: AnswerPolicy
  /** When the purge stamps of its tags were last known to be current. */
  stampsCheckedAtMs: number
  /** When the data centre was last looked through for a newer one. */
  soughtAtMs = Number.NEGATIVE_INFINITY
  /** The dice of early refresh have fallen: the next request that can refresh does. */
  refreshDue = false
  readonly #name: string
  readonly #ownFields: readonly string[]
  /** Not a `Headers`: each of those is looked at whenever the runtime collects garbage, used or not. */
  readonly #sent: Fields
  /** `Set-Cookie` is the one field that stays several. */
  readonly #repeatsName: boolean
  #hitSecond = Number.NaN
  #hit: Hit | undefined

  constructor(answer: StoredAnswer, rules: CacheRules, stampsCheckedAtMs: number, control?: ResponseControl) {
    this.status = answer.status
    this.headers = answer.headers
    this.body = answer.body
    this.requestedAtMs = answer.requestedAtMs
    this.receivedAtMs = answer.receivedAtMs
    this.tags = answer.tags
    this.stampIds = answer.stampIds ?? []
    this.turn = answer.turn ?? 0
    this.stampsCheckedAtMs = stampsCheckedAtMs
    const received = this.receivedFields()
    this.policy = answerPolicy({ ...answer, headers: received }, rules, control)
    this.#name = rules.name
    this.#ownFields = rules.ownFields
    for (const name of rules.ownFields) received.delete(name)
    received.delete('content-length')
    this.#sent = [...received]
    this.#repeatsName = received.getSetCookie().length > 1
  }

  /** It was purged: from now on it can but stand in for an error, and be validated. */
  purge(): void {
    this.policy = purged(this.policy, this.requestedAtMs)
  }

  /** A copy of the fields as received and stored. */
  receivedFields(): Headers {
    const fields = new Headers()
    for (const [name, value] of this.headers) fields.append(name, value)
    return fields
  }

  /** Read your own writes: what is not newer than the reader's last write is as good as not stored. */
  isAfter(writtenAtMs: number | undefined): boolean {
    return writtenAtMs === undefined || this.requestedAtMs > writtenAtMs
  }

  /** For a client, with `Age` (RFC 9111 §5.1) and our `Cache-Status`. A copy. */
  sent(nowMs: number, cacheStatus: string): AnswerHead {
    // The cast: the runtime's type asks for arrays that may be written, and writes none.
    const fields = new Headers(this.#sent as [string, string][])
    fields.set('age', String(this.#ageSeconds(nowMs)))
    fields.append('cache-status', cacheStatus)
    return { status: this.status, headers: fields }
  }

  /**
   * For the one who asked the origin: `Age` only as received, since the origin has just answered. A copy.
   *
   * @param withheld fields of the same answer that are the asker's alone
   */
  forwarded(cacheStatus: string, withheld: Fields): AnswerHead {
    const fields = this.receivedFields()
    for (const name of this.#ownFields) fields.delete(name)
    for (const [name, value] of withheld) fields.append(name, value)
    fields.delete('content-length')
    fields.append('cache-status', cacheStatus)
    return { status: this.status, headers: fields }
  }

  /** For a fresh hit: good until the next one is asked for, of any entry, since a `Response` copies it. */
  hit(nowMs: number, heads: SharedHeads): AnswerHead {
    if (this.#repeatsName) return this.sent(nowMs, hitStatus(this.#name, this.ttlSeconds(nowMs)))
    this.#hit ??= hitOf(this.status, this.#sent, heads)
    const { head } = this.#hit
    const second = this.#ageSeconds(nowMs)
    if (second !== this.#hitSecond) {
      const status = this.#hit.statusPrefix + hitStatus(this.#name, this.ttlSeconds(nowMs))
      this.#hit.values = head.likeShown([String(second), status, ...this.#hit.lasting])
      this.#hitSecond = second
    }
    return head.show(this.#hit.values)
  }

  ttlSeconds(nowMs: number): number {
    return Math.floor((this.policy.freshUntilMs - nowMs) / 1000)
  }

  /** Time that the origin took to answer, in ms: the delta of early refresh. */
  get fetchMs(): number {
    return this.receivedAtMs - this.requestedAtMs
  }

  #ageSeconds(nowMs: number): number {
    return Math.max(0, Math.floor((nowMs - this.policy.bornAtMs) / 1000))
  }
}

/** Head of a hit, and the values of its fields. */
interface Hit {
  readonly head: SharedHead
  /** `Age`, `Cache-Status`, then {@link lasting}: as of the last second. */
  values: readonly string[]
  readonly lasting: readonly string[]
  /** RFC 9211 §2: each cache adds itself after those nearer to the origin. */
  readonly statusPrefix: string
}

function hitOf(status: number, sent: Fields, heads: SharedHeads): Hit {
  const others = sent.filter(([name]) => name !== 'age' && name !== 'cache-status')
  const names = ['age', 'cache-status', ...others.map(([name]) => name)]
  const before = sent.find(([name]) => name === 'cache-status')?.[1]
  return {
    head: heads.of(status, names),
    values: [],
    lasting: others.map(([, value]) => value),
    statusPrefix: before === undefined ? '' : `${before}, `,
  }
}
