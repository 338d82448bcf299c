import { randomBytes } from 'node:crypto'

/** Returns unique ids of writes: a random name of this process, and a counter. */
export function writeIds(): () => string {
  const process = randomBytes(9).toString('base64url')
  let count = 0
  return () => {
    count += 1
    return `${process}.${count}`
  }
}
