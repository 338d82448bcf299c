/**
 * The `Retry-After` of a refusal, in whole seconds (RFC 9110 §10.2.3): uniform between `baseSeconds` and twice that, so
 * that callers refused together do not return together.
 *
 * @param random in [0, 1)
 */
export function retryAfterSeconds(baseSeconds: number, random: number): number {
  const least = Math.max(1, Math.ceil(baseSeconds))
  return least + Math.floor(random * (least + 1))
}
