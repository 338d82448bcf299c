import { equalInConstantTime } from './constant-time.ts'

/**
 * A writer's record of its own writes, carried by the writer: for each resource that it wrote to, the earliest instant
 * from which it may read that resource. Any isolate in any location ignores answers fetched before that instant, so no
 * cache hides a write from its author.
 *
 * The token is bound to the subject and authenticated: otherwise anyone could forge one that sends every read past the
 * cache. A token that does not verify is ignored. Wire form: `<mac>.<name>-<base 36 ms>.<name>-<base 36 ms>…`, safe in
 * a header and in a cookie.
 */
export type Consistency = ReadonlyMap<string, number>

/**
 * Allowance for the clock difference between two locations: an answer fetched this soon after the write is not trusted.
 * NTP keeps servers within tens of milliseconds; a leap second, stepped on one and smeared on the other, adds up to one
 * second. The cost: a writer's reads in the second after its write go to the origin.
 */
export const clockSkewMs = 1_000

/**
 * A write of unknown outcome commits within this time after the edge gave up, or never. The origin gives up a command
 * after 6 s (5 s for the majority, 1 s of grace). A primary that executes the command after a stall must have stalled
 * for less than the 10 s after which another primary is elected; anything later is rolled back and no read sees it.
 */
export const landsWithinMs = 10_000

const resourcesMax = 16
const lengthMax = 1_024
/** Tokens accepted in one field. */
const tokensMax = 8

/** Authenticates a string: at least 16 bytes, base64url. */
export type Mac = (text: string) => string

export function formatConsistency(subject: string, consistency: Consistency, mac: Mac): string {
  const newest = [...consistency].sort(([, a], [, b]) => b - a).slice(0, resourcesMax)
  const payload = newest.map(([name, ms]) => `${name}-${ms.toString(36)}`).join('.')
  return `${mac(`${subject}\n${payload}`)}.${payload}`
}

/** The content of a token; `undefined` if it is malformed, forged or issued to another subject. */
export function parseConsistency(subject: string, token: string, mac: Mac): Consistency | undefined {
  const split = token.indexOf('.')
  if (split === -1 || token.length > lengthMax) return undefined
  const payload = token.slice(split + 1)
  // Constant time: `===` would reveal to a forger how many leading characters of the MAC are right.
  if (!equalInConstantTime(mac(`${subject}\n${payload}`), token.slice(0, split))) return undefined
  const consistency = new Map<string, number>()
  for (const part of payload.split('.')) {
    const at = part.lastIndexOf('-')
    consistency.set(part.slice(0, at), Number.parseInt(part.slice(at + 1), 36))
  }
  return consistency
}

/**
 * The tokens in a field, which is a list (RFC 9110 §5.6.1): concurrent writes each return a token that does not know
 * the others. Beyond the limit the last ones count, since they were added last.
 */
export const listedTokens = (field: string): readonly string[] =>
  field
    .slice(-tokensMax * (lengthMax + 2))
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '')
    .slice(-tokensMax)

/** Merges tokens: the latest instant for each resource. */
export function mergeConsistency(all: readonly Consistency[]): Consistency {
  const merged = new Map<string, number>()
  for (const consistency of all) {
    for (const [name, ms] of consistency) merged.set(name, Math.max(ms, merged.get(name) ?? ms))
  }
  return merged
}

export interface LandedWrite {
  readonly resource: string
  /** Latest instant at which the write may commit: now, or {@link landsWithinMs} from now; epoch milliseconds. */
  readonly landedAtMs: number
}

/**
 * Adds a write to the caller's record, and drops entries that no cache can still contradict.
 *
 * @param usableMs longest time that an answer of a resource may be served after its fetch
 */
export function rememberWrite(
  before: Consistency,
  { resource, landedAtMs }: LandedWrite,
  nowMs: number,
  usableMs: (resource: string) => number,
): Consistency {
  const kept = [...before].filter(([name, ms]) => nowMs < ms + usableMs(name))
  return mergeConsistency([new Map(kept), new Map([[resource, landedAtMs + clockSkewMs]])])
}
