/**
 * Shares what is slow to make among all who ask at about the same time.
 *
 * @param make called when nobody is waiting for it and the last result is older than `maxAgeMs`
 * @param now a monotonic clock, in ms
 */
export function shared<T>(make: () => Promise<T>, maxAgeMs: number, now: () => number): () => Promise<T> {
  let latest: Promise<T> | undefined
  let validUntilMs = Number.POSITIVE_INFINITY
  return () => {
    if (latest !== undefined && now() < validUntilMs) return latest
    validUntilMs = Number.POSITIVE_INFINITY
    const made = make()
    latest = made
    made.then(
      () => {
        validUntilMs = now() + maxAgeMs
      },
      () => {
        latest = undefined
      },
    )
    return made
  }
}
