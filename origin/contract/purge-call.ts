/**
 * Call by which an origin tells the edge what writes have made obsolete that no request through the edge has caused:
 * `POST` of `{ "tags": […] }`, signed with a key that both have. The answer is 204 once the tags are purged.
 */
export const purgeCall = {
  path: '/purges',
  /** `t=<seconds since the epoch>,v1=<HMAC-SHA-256 of `signedText`, in hexadecimal>`. */
  signature: 'spillway-purge-signature',
  tagsMax: 100,
  bytesMax: 131_072,
  /** Maximum age of a signature, and difference of the two clocks, in seconds. */
  ageSecondsMax: 60,
  /** Shortest key, in characters: 32 random bytes in base64url. */
  keyLengthMin: 43,
} as const

/** Text that is signed. */
export const signedText = (seconds: number, body: string): string => `${seconds}.${body}`

/** Value of the header field. @param digest in hexadecimal */
export const purgeSignature = (seconds: number, digest: string): string => `t=${seconds},v1=${digest}`

const form = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/

/** @returns `undefined` for another form */
export function parsePurgeSignature(
  value: string | null,
): { readonly seconds: number; readonly digest: string } | undefined {
  const [, seconds, digest] = form.exec(value ?? '') ?? []
  return seconds === undefined || digest === undefined ? undefined : { seconds: Number(seconds), digest }
}

export const purgeBody = (tags: readonly string[]): string => JSON.stringify({ tags })

/** @returns `undefined` for a body of another form */
export function parsePurgeBody(text: string): readonly string[] | undefined {
  try {
    // The cast is safe: the member is checked next.
    const { tags } = JSON.parse(text) as { readonly tags?: unknown }
    const isList = Array.isArray(tags) && tags.length <= purgeCall.tagsMax
    return isList && tags.every((tag) => typeof tag === 'string' && tag !== '') ? tags : undefined
  } catch {
    return undefined
  }
}
