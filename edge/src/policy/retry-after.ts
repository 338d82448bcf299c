/**
 * How long a refused caller is asked to wait, in seconds: at least `baseSeconds`, spread over twice that, so that
 * those who were refused together do not come back together.
 *
 * @param random in [0, 1)
 */
export const retryAfterSeconds = (baseSeconds: number, random: number): number =>
  Math.max(1, Math.ceil(baseSeconds * (1 + random)))
