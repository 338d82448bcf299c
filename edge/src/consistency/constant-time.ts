/**
 * Compares two strings in a time that depends only on their lengths. For comparing a caller's input with a secret:
 * `===` stops at the first character that differs.
 */
export function equalInConstantTime(secret: string, sent: string): boolean {
  if (secret.length !== sent.length) return false
  let difference = 0
  for (let index = 0; index < secret.length; index += 1) {
    difference |= secret.charCodeAt(index) ^ sent.charCodeAt(index)
  }
  return difference === 0
}
