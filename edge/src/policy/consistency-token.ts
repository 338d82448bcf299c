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

/** Clocks of two locations may differ by this much: an answer asked that soon after the write is not trusted. */
export const clockSkewMs = 100

const resourcesMax = 16
const lengthMax = 1_024

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

/** What a token says, or `undefined` where it is malformed, another subject's or not ours. */
export async function parseConsistency(
  subject: string,
  token: string,
  mac: Mac,
): Promise<Consistency | undefined> {
  const split = token.indexOf('.')
  if (split === -1 || token.length > lengthMax) return undefined
  const payload = token.slice(split + 1)
  // Both sides are digests under a key that the caller does not have: comparing them in plain time tells nothing.
  if ((await mac(`${subject}\n${payload}`)) !== token.slice(0, split)) return undefined
  const consistency = new Map<string, number>()
  for (const part of payload.split('.')) {
    const at = part.lastIndexOf('-')
    consistency.set(part.slice(0, at), Number.parseInt(part.slice(at + 1), 36))
  }
  return consistency
}

/**
 * Adds a write to what the caller already knows, and forgets what no cache can hold any more.
 *
 * @param usableMs how long an answer of a resource may be served after it was fetched, at the most
 */
export function rememberWrite(
  before: Consistency | undefined,
  resource: string,
  nowMs: number,
  usableMs: (resource: string) => number,
): Consistency {
  const kept = [...(before ?? [])].filter(([name, ms]) => nowMs < ms + usableMs(name))
  return new Map([...kept, [resource, nowMs + clockSkewMs]])
}
