const loopback = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Maximum rate and length of a load on another network's target, in every scenario. */
export const remoteLimits = { requestsPerSecondMax: 2_000, durationMsMax: 15 * 60_000 } as const

/**
 * Load on somebody else's machine is an attack. So only this machine is a target, unless the caller states that the
 * other one is theirs.
 *
 * @throws Error for any other target
 */
export function checkTarget(url: string, iOwnThisTarget = false): URL {
  const target = new URL(url)
  if (target.protocol !== 'http:' && target.protocol !== 'https:') {
    throw new Error(`${url} is neither http nor https`)
  }
  if (loopback.has(target.hostname) || iOwnThisTarget) return target
  throw new Error(
    `${target.hostname} is not this machine. If it is yours to load, say so: --i-own-this-target`,
  )
}
