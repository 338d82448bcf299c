import { SieveMap } from '../cache/index.ts'
import type { Exchange } from '../exchange.ts'
import { principalOf } from '../exchange.ts'
import {
  type Consistency,
  formatConsistency,
  type Mac,
  parseConsistency,
  rememberWrite,
} from '../policy/consistency-token.ts'
import { cookieValue } from '../policy/cookie.ts'
import { consistencyHeader } from '../policy/private-headers.ts'
import type { WritePlan } from '../policy/request-plan.ts'

export interface ConsistencyParts {
  readonly consistency: ConsistencyTokens
  readonly now: () => number
}

/** Tokens that were checked, so that a writer's next read costs a look-up. Holds refusals too, as empty ones. */
export class ConsistencyTokens {
  readonly #mac: Mac
  readonly #usableMs: (resource: string) => number
  readonly #known = new SieveMap<Consistency>({
    countMax: 5_000,
    bytesMax: 2 * 1_024 * 1_024,
    bytesOf: (key) => key.length * 4 + 128,
  })

  /** @param usableMs how long an answer of a resource may be served after it was fetched, at the most */
  constructor(mac: Mac, usableMs: (resource: string) => number) {
    this.#mac = mac
    this.#usableMs = usableMs
  }

  recall(subject: string, token: string): Consistency | undefined {
    return this.#known.get(`${subject}\n${token}`)
  }

  async check(subject: string, token: string): Promise<Consistency> {
    const checked = (await parseConsistency(subject, token, this.#mac)) ?? nothing
    this.#known.set(`${subject}\n${token}`, checked)
    return checked
  }

  /** The token after a write, and how long it is of use, in seconds. */
  async afterWrite(
    subject: string,
    before: Consistency | undefined,
    resource: string,
    nowMs: number,
  ): Promise<{ readonly token: string; readonly maxAgeSeconds: number }> {
    const consistency = rememberWrite(before, resource, nowMs, this.#usableMs)
    const token = await formatConsistency(subject, consistency, this.#mac)
    const maxAgeMs = Math.max(...[...consistency.keys()].map(this.#usableMs))
    return { token, maxAgeSeconds: Math.ceil(maxAgeMs / 1_000) }
  }
}

const nothing: Consistency = new Map()

/** The token that a request carries: the field first, since a program sets it on purpose. */
function tokenOf({ head }: Exchange): string | undefined {
  const field = head.headers.get(consistencyHeader)
  if (field !== null) return field
  const cookie = head.headers.get('cookie')
  return cookie === null ? undefined : cookieValue(cookie, consistencyHeader)
}

/** 5 begins with: what this caller has written itself. Sets `notBeforeMs`; a promise only for a token not seen yet. */
export function recallOwnWrites(
  exchange: Exchange,
  resource: string,
  { consistency }: ConsistencyParts,
): Promise<void> | undefined {
  const subject = principalOf(exchange)?.subject
  const token = subject === undefined ? undefined : tokenOf(exchange)
  if (subject === undefined || token === undefined) return undefined
  const known = consistency.recall(subject, token)
  if (known === undefined) {
    return consistency.check(subject, token).then((checked) => {
      exchange.notBeforeMs = checked.get(resource)
    })
  }
  exchange.notBeforeMs = known.get(resource)
  return undefined
}

/** After a write, or one that may have happened: the token for the writer to bring along, as a field and as a cookie. */
export async function ownWriteFields(
  exchange: Exchange,
  { route }: WritePlan,
  { consistency, now }: ConsistencyParts,
): Promise<Readonly<Record<string, string>>> {
  const subject = principalOf(exchange)?.subject
  if (subject === undefined || route.resource.cache.kind === 'none') return {}
  const sent = tokenOf(exchange)
  const before = sent === undefined ? undefined : await consistency.check(subject, sent)
  const { token, maxAgeSeconds } = await consistency.afterWrite(subject, before, route.resource.name, now())
  const secure = exchange.head.url.startsWith('https:') ? '; Secure' : ''
  return {
    [consistencyHeader]: token,
    'set-cookie': `${consistencyHeader}=${token}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`,
  }
}
