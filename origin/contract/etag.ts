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
  let isEmpty = true
  // A tag may hold a comma, and a list empty elements (RFC 9110 §5.6.1.2): splitting at commas would refuse both.
  const element = /[ \t]*(?:(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(?:,|$)/y
  while (element.lastIndex < value.length) {
    const match = element.exec(value)
    if (match === null) return undefined
    const [, tag] = match
    if (tag === undefined) continue
    isEmpty = false
    if (/^[1-9]\d{0,14}$/.test(tag)) versions.push(Number(tag))
  }
  return isEmpty ? undefined : versions
}
