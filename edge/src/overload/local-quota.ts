import type { RateQuota } from '../config.ts'
import { SieveMap } from '../lib/sieve-map.ts'

/**
 * Counts callers' requests in one isolate. The rate-limit binding counts for a whole location but costs a call, so it
 * is asked only for requests that go beyond memory. Memory hits count here, against the same quota, so that no route is
 * exempt. A caller that the binding refuses is refused here until its window ends. Windows are fixed and aligned to the
 * clock, like the binding's.
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

  /** Counts a request. @returns seconds until the caller may retry, if it is over its quota */
  count(caller: string, nowMs: number): number | undefined {
    let window = this.#windows.get(caller)
    if (window === undefined || window.number !== this.#numberAt(nowMs)) window = this.#open(caller, nowMs)
    window.count += 1
    return this.#refusal(window, nowMs, 0)
  }

  /** The verdict that {@link count} would give on the next request, without counting it. */
  foresee(caller: string, nowMs: number): number | undefined {
    const window = this.#windows.get(caller)
    if (window === undefined || window.number !== this.#numberAt(nowMs)) return undefined
    return this.#refusal(window, nowMs, 1)
  }

  /** Refuses a caller that exceeded the location's count. @returns seconds until it may retry */
  block(caller: string, nowMs: number): number {
    this.#open(caller, nowMs).blocked = true
    return this.#secondsLeft(nowMs)
  }

  /** Headers of a refusal, if the numbers are known (draft-ietf-httpapi-ratelimit-headers-10). */
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

  /** Number of the window at an instant. perf: fits a Smi; an epoch timestamp would be heap-allocated. */
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

/** Quota key of a caller without a token: its address. IPv6 callers count by /64, which one household usually owns. */
export const addressKey = (address: string | null): string => `address:${placeOf(address)}`

/**
 * Key for counting refused tokens: by address, apart from requests without a token, so that neighbours who send many
 * requests do not block a valid token.
 */
export const refusedKey = (address: string | null): string => `refused:${placeOf(address)}`

function placeOf(address: string | null): string {
  if (address === null) return 'unknown'
  return address.includes(':') ? networkOf(address) : address
}

/** The first four groups of an IPv6 address, with `::` expanded (RFC 5952 §2.2). */
function networkOf(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::')
  const before = head === '' ? [] : head.split(':')
  if (tail === undefined) return before.slice(0, 4).join(':')
  const after = tail === '' ? [] : tail.split(':')
  const zeros = new Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  return [...before, ...zeros, ...after].slice(0, 4).join(':')
}
