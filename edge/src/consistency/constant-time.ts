/**
 * Whether two texts are equal, in a time that depends on their lengths alone. For what a caller sends to be compared with
 * a secret: `===` stops at the first character that differs.
 */
export function equalInConstantTime(secret: string, sent: string): boolean {
  if (secret.length !== sent.length) return false
  let difference = 0
  for (let index = 0; index < secret.length; index += 1) {
    difference |= secret.charCodeAt(index) ^ sent.charCodeAt(index)
  }
  return difference === 0
}
