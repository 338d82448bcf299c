import { FieldMap, type FieldReader } from '../../lib/field-map.ts'
import { type AnswerPolicy, answerPolicy } from '../policy/answer-policy.ts'
import { type Attributes, parseAttributes } from '../policy/attributes.ts'
import { hitStatus } from '../policy/cache-status.ts'
import type { ResponseControl } from '../policy/response-control.ts'
import { purged } from '../policy/reuse.ts'
import type { CacheRules } from '../policy/rules.ts'
import type { Fields, StoredAnswer } from '../store/stored-record.ts'
import type { SharedHead, SharedHeads } from './shared-head.ts'

/** Head of an answer. Without `Content-Length`, which the runtime adds. */
export type AnswerHead = Response | PlainHead

export interface PlainHead {
  readonly status: number
  readonly headers: FieldMap
}

/** A stored answer prepared for use: its policy as instants, and its header fields as they are sent. */
export class Entry implements StoredAnswer {
  readonly kind = 'answer'
  readonly status: number
  readonly headers: Fields
  readonly body: Uint8Array<ArrayBuffer> | null
  readonly requestedAtMs: number
  readonly receivedAtMs: number
  readonly tags: readonly string[]
  /** Replaced by the tags' current ids once this entry is known to be newer than them. */
  stampIds: readonly (string | null)[]
  readonly turn: number
  /** By which viewers are admitted; `undefined`: the answer is for all callers of its key. */
  readonly attributes: Attributes | undefined
  policy: AnswerPolicy
  /** Time at which the purge stamps of its tags were last confirmed. */
  stampsCheckedAtMs: number
  /** Time at which the data centre's store was last searched for a newer answer. */
  soughtAtMs = Number.NEGATIVE_INFINITY
  /** Early refresh is decided: the next request that can refresh does so. */
  refreshDue = false
  readonly #name: string
  readonly #ownFields: readonly string[]
  #hitSecond = Number.NaN
  #hit: Hit | undefined

  /** @param judged what the caller has read of the answer already. @default it is read from `answer` */
  constructor(answer: StoredAnswer, rules: CacheRules, stampsCheckedAtMs: number, judged?: Judged) {
    this.status = answer.status
    this.headers = answer.headers
    this.body = answer.body
    this.requestedAtMs = answer.requestedAtMs
    this.receivedAtMs = answer.receivedAtMs
    this.tags = answer.tags
    this.stampIds = answer.stampIds ?? []
    this.turn = answer.turn ?? 0
    this.stampsCheckedAtMs = stampsCheckedAtMs
    const received = judged?.headers ?? this.receivedFields()
    const { attributesField } = rules
    this.attributes =
      answer.status === 200 && attributesField !== undefined
        ? parseAttributes(received.get(attributesField))
        : undefined
    this.policy = answerPolicy({ ...answer, headers: received }, rules, judged?.control)
    this.#name = rules.name
    this.#ownFields = rules.ownFields
  }

  /** Marks the entry as purged: from now on it can only stand in for an error or be validated. */
  purge(): void {
    this.policy = purged(this.policy)
  }

  /** A copy of the fields as received and stored. */
  receivedFields(): FieldMap {
    return new FieldMap(this.headers)
  }

  /** Read your own writes: whether the entry is newer than the reader's last write. */
  isAfter(writtenAtMs: number | undefined): boolean {
    return writtenAtMs === undefined || this.requestedAtMs > writtenAtMs
  }

  /** A copy of the head for a client, with `Age` (RFC 9111 §5.1) and our `Cache-Status`. */
  sent(nowMs: number, cacheStatus: string): PlainHead {
    const fields = this.#shown()
    fields.set('age', String(this.#ageSeconds(nowMs)))
    fields.append('cache-status', cacheStatus)
    return { status: this.status, headers: fields }
  }

  /**
   * A copy of the head for the request that fetched it: `Age` stays as received, since the origin has just answered.
   *
   * @param withheld fields of this answer that only the fetching request may see
   */
  forwarded(cacheStatus: string, withheld: Fields): PlainHead {
    const fields = this.#shown()
    for (const [name, value] of withheld) fields.append(name, value)
    fields.append('cache-status', cacheStatus)
    return { status: this.status, headers: fields }
  }

  /** The head of a fresh hit, valid until the next call for any entry: a `Response` copies it. */
  hit(nowMs: number, heads: SharedHeads): AnswerHead {
    this.#hit ??= hitOf(this.status, this.#shown(), heads)
    const { head } = this.#hit
    if (head === undefined) return this.sent(nowMs, hitStatus(this.#name, this.ttlSeconds(nowMs)))
    const second = this.#ageSeconds(nowMs)
    if (second !== this.#hitSecond) {
      const status = this.#hit.statusPrefix + hitStatus(this.#name, this.ttlSeconds(nowMs))
      this.#hit.values = head.likeShown([String(second), status, ...this.#hit.lasting])
      this.#hitSecond = second
    }
    return head.show(this.#hit.values)
  }

  /** A purged one has been stale since it was asked for. */
  ttlSeconds(nowMs: number): number {
    const { freshUntilMs } = this.policy
    return Math.floor(((Number.isFinite(freshUntilMs) ? freshUntilMs : this.requestedAtMs) - nowMs) / 1000)
  }

  /** The origin's response time, in ms: the delta of early refresh. */
  get fetchMs(): number {
    return this.receivedAtMs - this.requestedAtMs
  }

  /** A copy of the fields that clients are shown. */
  #shown(): FieldMap {
    const fields = this.receivedFields()
    for (const name of this.#ownFields) fields.delete(name)
    fields.delete('content-length')
    return fields
  }

  #ageSeconds(nowMs: number): number {
    return Math.max(0, Math.floor((nowMs - this.policy.bornAtMs) / 1000))
  }
}

/** Parts of an answer that are read before it becomes an entry. */
interface Judged {
  readonly headers: FieldReader
  readonly control: ResponseControl
}

/** Head of a hit, and its header values. perf: no `Headers`, which every garbage collection would trace, used or not. */
interface Hit {
  /** `undefined` where a name repeats: only `Set-Cookie` keeps several values. */
  readonly head: SharedHead | undefined
  /** `Age`, `Cache-Status`, then {@link lasting}; computed once a second. */
  values: readonly string[]
  readonly lasting: readonly string[]
  /** RFC 9211 §2: each cache appends itself to those nearer to the origin. */
  readonly statusPrefix: string
}

function hitOf(status: number, fields: FieldMap, heads: SharedHeads): Hit {
  const sent = fields.pairs()
  const others = sent.filter(([name]) => name !== 'age' && name !== 'cache-status')
  const names = ['age', 'cache-status', ...others.map(([name]) => name)]
  const before = sent.find(([name]) => name === 'cache-status')?.[1]
  return {
    head: fields.getSetCookie().length > 1 ? undefined : heads.of(status, names),
    values: [],
    lasting: others.map(([, value]) => value),
    statusPrefix: before === undefined ? '' : `${before}, `,
  }
}
