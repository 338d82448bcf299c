import { equalInConstantTime } from './constant-time.ts'

/**
 * A writer's memory of its own writes, carried by the writer: for each resource that it wrote to, the instant from
 * which it must see the resource. Whichever isolate or location it lands on next ignores answers that were asked of
 * the origin before then, so no cache hides a write from the one who made it.
 *
 * It is bound to the subject and authenticated, since anyone who could make one could send every read past the cache.
 * One that does not verify is ignored. Wire form: `<mac>.<name>-<base 36 ms>.<name>-<base 36 ms>…`, all of it safe in
 * a header and in a cookie.
 */
export type Consistency = ReadonlyMap<string, number>

/**
 * Clocks of two locations may differ by this much: an answer asked that soon after the write is not trusted. NTP keeps
 * servers within tens of milliseconds of each other; a leap second that one has had and the other has not, or spreads
 * over a day, makes it up to one second. All that it costs is that a writer's reads of the second after its write go to
 * the origin.
 */
export const clockSkewMs = 1_000

/**
 * A write whose outcome is not known lands within this time of the edge's giving up, or never. The origin gives a command
 * up after 6 s (5 s for the majority, 1 s of grace), and a primary that executes it only after a standstill must stand
 * still for less than the 10 s after which another one is elected: what it does later is undone, and seen by no read.
 */
export const landsWithinMs = 10_000

const resourcesMax = 16
const lengthMax = 1_024
/** Tokens in one field. */
const tokensMax = 8

/** Authenticates a text: 16 bytes or more, base64url. */
export type Mac = (text: string) => Promise<string>

export async function formatConsistency(
  subject: string,
  consistency: Consistency,
  mac: Mac,
): Promise<string> {
  const newest = [...consistency].sort(([, a], [, b]) => b - a).slice(0, resourcesMax)
  const payload = newest.map(([name, ms]) => `${name}-${ms.toString(36)}`).join('.')
  return `${await mac(`${subject}\n${payload}`)}.${payload}`
}

/** Content of a token; `undefined` where it is malformed, another subject's or not ours. */
export async function parseConsistency(
  subject: string,
  token: string,
  mac: Mac,
): Promise<Consistency | undefined> {
  const split = token.indexOf('.')
  if (split === -1 || token.length > lengthMax) return undefined
  const payload = token.slice(split + 1)
  // The time of a plain comparison would tell a forger how many characters of its MAC are right.
  if (!equalInConstantTime(await mac(`${subject}\n${payload}`), token.slice(0, split))) return undefined
  const consistency = new Map<string, number>()
  for (const part of payload.split('.')) {
    const at = part.lastIndexOf('-')
    consistency.set(part.slice(0, at), Number.parseInt(part.slice(at + 1), 36))
  }
  return consistency
}

/**
 * The tokens in a field, which is a list (RFC 9110 §5.6.1): writes that ran side by side give one each, and neither knows
 * of the other. Of too many the last count, since those were added last.
 */
export const listedTokens = (field: string): readonly string[] =>
  field
    .slice(-tokensMax * (lengthMax + 2))
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '')
    .slice(-tokensMax)

/** All that several tokens say: the latest instant of each resource. */
export function mergeConsistency(all: readonly Consistency[]): Consistency {
  const merged = new Map<string, number>()
  for (const consistency of all) {
    for (const [name, ms] of consistency) merged.set(name, Math.max(ms, merged.get(name) ?? ms))
  }
  return merged
}

export interface LandedWrite {
  readonly resource: string
  /** When the write has landed at the latest: now, or {@link landsWithinMs} from now; epoch milliseconds. */
  readonly landedAtMs: number
}

/**
 * Adds a write to what the caller already knows, and forgets what no cache can hold any more.
 *
 * @param usableMs how long an answer of a resource may be served after it was fetched, at the most
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
