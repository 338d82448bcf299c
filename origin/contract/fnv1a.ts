/**
 * FNV-1a of the UTF-16 code units, 32 bits (Fowler, Noll, Vo): distinguishes texts; it is no security measure.
 *
 * @returns 0 to 2^32 - 1
 */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}
