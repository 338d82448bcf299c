/**
 * How long a refused caller is asked to wait, in whole seconds (RFC 9110 §10.2.3): each number from `baseSeconds` to twice
 * that is as likely as any other, so that those who were refused together do not come back together.
 *
 * @param random in [0, 1)
 */
export function retryAfterSeconds(baseSeconds: number, random: number): number {
  const least = Math.max(1, Math.ceil(baseSeconds))
  return least + Math.floor(random * (least + 1))
}
