import { randomBytes } from 'node:crypto'

/** Ids that no other write has: a random name for this process, and a number. */
export function writeIds(): () => string {
  const process = randomBytes(9).toString('base64url')
  let count = 0
  return () => {
    count += 1
    return `${process}.${count}`
  }
}
