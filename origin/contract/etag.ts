/**
 * Entity tags (RFC 9110 §8.8.3). A document's tag is its version number: the same for every choice of `fields`, so
 * that what a GET shows is what a PATCH may send back in If-Match.
 */
export const documentEtag = (version: number): string => `"${version}"`

/**
 * Version numbers of an If-Match or If-None-Match list; `'any'` for `*`; `undefined` where it is malformed.
 * A weak mark is ignored: proxies that compress an answer weaken its tag on the way, and a version number is exact in
 * either form. Tags that are not ours match nothing and are left out.
 */
export function parseEtags(value: string): readonly number[] | 'any' | undefined {
  if (value.trim() === '*') return 'any'
  const versions: number[] = []
  for (const item of value.split(',')) {
    const match = /^\s*(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*$/.exec(item)
    if (match === null) return undefined
    if (/^[1-9]\d{0,14}$/.test(match[1] as string)) versions.push(Number(match[1]))
  }
  return versions
}
