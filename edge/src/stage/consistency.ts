import { consistencyHeader, namesRead, type Route } from '@spillway/origin/contract'
import {
  type Consistency,
  formatConsistency,
  type LandedWrite,
  listedTokens,
  type Mac,
  mergeConsistency,
  parseConsistency,
  rememberWrite,
} from '../consistency/consistency-token.ts'
import { type Exchange, principalOf } from '../exchange.ts'
import { cookieValue } from '../http/cookie.ts'
import type { ReadPlan, WritePlan } from '../http/request-plan.ts'
import { SieveMap } from '../lib/sieve-map.ts'
import { next } from '../pipeline.ts'

export interface ConsistencyParts {
  readonly consistency: ConsistencyTokens
  readonly now: () => number
}

/** A write whose author receives a token. */
interface OwnWrite {
  /** All of the writes that the caller is known to have made. */
  readonly token: string
  /** The write to this resource only, for a cookie of its own. */
  readonly resourceToken: string
  /** Lifetime of the resource's cookie, in seconds. */
  readonly maxAgeSeconds: number
}

/**
 * Remembers verified tokens, so that a writer's next read costs one look-up. Rejected tokens are stored as empty ones.
 */
export class ConsistencyTokens {
  readonly #macs: readonly [Mac, ...Mac[]]
  readonly #usableMs: (resource: string) => number
  readonly #known = new SieveMap<Consistency>({
    countMax: 5_000,
    bytesMax: 2 * 1_024 * 1_024,
    bytesOf: (key) => key.length * 4 + 128,
  })

  /**
   * @param macs the one that authenticates new tokens, then others whose tokens are still accepted
   * @param usableMs longest time for which an answer may lack the newest write to a resource
   */
  constructor(macs: readonly [Mac, ...Mac[]], usableMs: (resource: string) => number) {
    this.#macs = macs
    this.#usableMs = usableMs
  }

  /** The content of a token; empty if it does not verify. */
  check(subject: string, token: string): Consistency {
    const known = this.#known.get(`${subject}\n${token}`)
    if (known !== undefined) return known
    let checked: Consistency | undefined
    for (const mac of this.#macs) checked ??= parseConsistency(subject, token, mac)
    checked ??= nothing
    this.#known.set(`${subject}\n${token}`, checked)
    return checked
  }

  /** Whether any answer may lack the newest write to a resource. */
  mayLack(resource: string): boolean {
    return this.#usableMs(resource) > 0
  }

  afterWrite(subject: string, before: Consistency, write: LandedWrite, nowMs: number): OwnWrite {
    const consistency = rememberWrite(before, write, nowMs, this.#usableMs)
    const fromMs = consistency.get(write.resource) ?? nowMs
    const own = new Map([[write.resource, fromMs]])
    const [mac] = this.#macs
    const token = formatConsistency(subject, consistency, mac)
    const resourceToken = consistency.size === 1 ? token : formatConsistency(subject, own, mac)
    const maxAgeMs = fromMs - nowMs + this.#usableMs(write.resource)
    return { token, resourceToken, maxAgeSeconds: Math.ceil(maxAgeMs / 1_000) }
  }
}

const nothing: Consistency = new Map()

/**
 * One cookie per resource: concurrent writes do not know each other's token, and the cookie set last replaces one of
 * the same name. The contract's number of resources bounds the number of cookies.
 */
const cookieOf = (resource: string): string => `${consistencyHeader}-${resource}`

/** The request's tokens that may concern a resource. */
function tokensOf({ head }: Exchange, resource: string): readonly string[] {
  const field = head.headers.get(consistencyHeader)
  const cookie = head.headers.get('cookie')
  if (field === null && cookie === null) return noTokens
  const tokens = field === null ? [] : [...listedTokens(field)]
  // The cookie without a resource name is the former one for all resources.
  for (const name of [cookieOf(resource), consistencyHeader]) {
    const value = cookieValue(cookie ?? '', name)
    if (value !== undefined) tokens.push(value)
  }
  return tokens
}

const noTokens: readonly string[] = []

/** Whether the request has a token, valid or not, of own writes to what its route reads. */
export const showsOwnWrites = (exchange: Exchange, route: Route): boolean =>
  namesRead(route).some((name) => tokensOf(exchange, name).length > 0)

/** Stage 5, first part: applies the caller's own writes. Sets `notBeforeMs`. */
export function recallOwnWrites(
  exchange: Exchange<ReadPlan>,
  { consistency }: ConsistencyParts,
): typeof next {
  const subject = principalOf(exchange)?.subject
  if (subject === undefined) return next
  const names = namesRead(exchange.plan.route)
  const tokens = names.flatMap((name) => tokensOf(exchange, name))
  if (tokens.length === 0) return next
  exchange.notBeforeMs = latestOf(checkAll(subject, tokens, consistency), names)
  return next
}

/**
 * The latest of the instants from which the caller must see these resources; `undefined` where it wrote to none of
 * them.
 */
function latestOf(known: Consistency, names: readonly string[]): number | undefined {
  const instants = names.flatMap((name) => known.get(name) ?? [])
  return instants.length === 0 ? undefined : Math.max(...instants)
}

const checkAll = (subject: string, tokens: readonly string[], consistency: ConsistencyTokens): Consistency =>
  mergeConsistency(tokens.map((token) => consistency.check(subject, token)))

/**
 * The writer's new token, as a header and as a cookie. It follows a write, a write of unknown outcome, and a write
 * refused because of another caller's write.
 *
 * @param landedAtMs latest instant at which the write may commit; epoch milliseconds
 */
export function ownWriteFields(
  exchange: Exchange<WritePlan>,
  landedAtMs: number,
  { consistency, now }: ConsistencyParts,
): Readonly<Record<string, string>> {
  const subject = principalOf(exchange)?.subject
  const { name: resource } = exchange.plan.route.resource
  if (subject === undefined || !consistency.mayLack(resource)) return {}
  const before = checkAll(subject, tokensOf(exchange, resource), consistency)
  const { token, resourceToken, maxAgeSeconds } = consistency.afterWrite(
    subject,
    before,
    { resource, landedAtMs },
    now(),
  )
  const secure = exchange.head.url.startsWith('https:') ? '; Secure' : ''
  return {
    [consistencyHeader]: token,
    'set-cookie': `${cookieOf(resource)}=${resourceToken}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`,
  }
}
