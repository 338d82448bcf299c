import type { RateQuota } from '../config.ts'
import { SieveMap } from '../lib/sieve-map.ts'

/**
 * Callers' consumption as one isolate counts it. The binding counts for a whole location but costs a call, so it is
 * asked only for requests that cost something themselves; what is answered from memory is counted here, against the
 * same quota, so that no route is free of it. A caller whom the binding refused is refused here until its window ends.
 * Windows are fixed and aligned to the clock, as the binding's are.
 */
export class LocalQuota {
  readonly #quota: RateQuota | undefined
  readonly #windowMs: number
  readonly #windows = new SieveMap<Window>({
    countMax: 20_000,
    bytesMax: 4 * 1_024 * 1_024,
    bytesOf: (caller) => caller.length + 96,
  })

  constructor(quota: RateQuota | undefined) {
    this.#quota = quota
    this.#windowMs = (quota?.periodSeconds ?? 10) * 1_000
  }

  /** Counts a request. @returns seconds until the caller may come back, where it is over its quota */
  count(caller: string, nowMs: number): number | undefined {
    let window = this.#windows.get(caller)
    if (window === undefined || window.number !== this.#numberAt(nowMs)) window = this.#open(caller, nowMs)
    window.count += 1
    return this.#refusal(window, nowMs, 0)
  }

  /** Verdict that {@link count} would give on the next request, without counting it. */
  foresee(caller: string, nowMs: number): number | undefined {
    const window = this.#windows.get(caller)
    if (window === undefined || window.number !== this.#numberAt(nowMs)) return undefined
    return this.#refusal(window, nowMs, 1)
  }

  /** The location's count is over. @returns seconds until the caller may come back */
  block(caller: string, nowMs: number): number {
    this.#open(caller, nowMs).blocked = true
    return this.#secondsLeft(nowMs)
  }

  /** Fields for a refusal, where the numbers are known (draft-ietf-httpapi-ratelimit-headers-10). */
  fields(retryAfterSeconds: number): Readonly<Record<string, string>> {
    if (this.#quota === undefined) return {}
    const { limit, periodSeconds } = this.#quota
    return {
      'ratelimit-policy': `"caller";q=${limit};w=${periodSeconds}`,
      ratelimit: `"caller";r=0;t=${retryAfterSeconds}`,
    }
  }

  #open(caller: string, nowMs: number): Window {
    const window = { number: this.#numberAt(nowMs), count: 0, blocked: false }
    this.#windows.set(caller, window)
    return window
  }

  /** Number of the window at an instant. perf: small enough to be a Smi, which an instant is not. */
  #numberAt(nowMs: number): number {
    return Math.floor(nowMs / this.#windowMs)
  }

  #secondsLeft(nowMs: number): number {
    return Math.max(1, Math.ceil(((this.#numberAt(nowMs) + 1) * this.#windowMs - nowMs) / 1_000))
  }

  #refusal(window: Window, nowMs: number, more: number): number | undefined {
    const isOver = window.blocked || (this.#quota !== undefined && window.count + more > this.#quota.limit)
    return isOver ? this.#secondsLeft(nowMs) : undefined
  }
}

interface Window {
  readonly number: number
  count: number
  blocked: boolean
}

/** Quota key of a caller with a token. */
export const callerKey = (subject: string): string => `subject:${subject}`

/**
 * Quota key of a caller without a token: its address. An IPv6 caller is counted by its /64, since one household has all of
 * it.
 */
export const addressKey = (address: string | null): string => `address:${placeOf(address)}`

/**
 * Whose refused tokens are counted: the address's, apart from its requests without a token, so that nobody's good token
 * is held up by neighbours who merely ask a lot.
 */
export const refusedKey = (address: string | null): string => `refused:${placeOf(address)}`

function placeOf(address: string | null): string {
  if (address === null) return 'unknown'
  return address.includes(':') ? networkOf(address) : address
}

/** The first four groups of an IPv6 address, `::` written out (RFC 5952 §2.2). */
function networkOf(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::')
  const before = head === '' ? [] : head.split(':')
  if (tail === undefined) return before.slice(0, 4).join(':')
  const after = tail === '' ? [] : tail.split(':')
  const zeros = new Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  return [...before, ...zeros, ...after].slice(0, 4).join(':')
}
