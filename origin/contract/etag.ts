/**
 * Entity tags (RFC 9110 §8.8.3). A document's tag is its version number and the revision of the representation that
 * shows it: `"3.k2x9a7qf"`. It is the same for every choice of `fields`, so that what a GET shows is what a PATCH may
 * send back in If-Match.
 *
 * The two parts answer two questions. A reader asks whether what it holds is what would be shown now, so If-None-Match
 * compares the whole tag. A writer asks whether the document has been changed since, so If-Match compares versions: a
 * deployment changes how a document is shown, and nobody's write is in danger because of it. A strong comparison of the
 * rest (§13.1.1) would refuse every write under way across a deployment.
 */
export const documentEtag = (version: number, revision: string): string => `"${version}.${revision}"`

/** One tag of ours. Without a revision it is one from before there were any, or made by hand. */
export interface DocumentTag {
  readonly version: number
  readonly revision: string | undefined
}

const elementsMax = 512

/**
 * Tags of an If-Match or If-None-Match list; `'any'` for `*`; `undefined` where it is malformed or has
 * more than 512 elements. A weak mark is ignored: proxies that compress an answer weaken its tag on the way, and a version number is exact in
 * either form. Tags that are not ours match nothing and are left out.
 */
export function parseEtags(value: string): readonly DocumentTag[] | 'any' | undefined {
  if (value.trim() === '*') return 'any'
  const tags: DocumentTag[] = []
  let isEmpty = true
  // A tag may hold a comma, and a list empty elements (RFC 9110 §5.6.1.2): splitting at commas would refuse both.
  const element = /[ \t]*(?:(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(?:,|$)/y
  for (let count = 0; element.lastIndex < value.length; count += 1) {
    // A reasonable number of them (§5.6.1.2), empty ones included.
    if (count === elementsMax) return undefined
    const match = element.exec(value)
    if (match === null) return undefined
    const [, tag] = match
    if (tag === undefined) continue
    isEmpty = false
    const [, version, revision] = /^([1-9]\d{0,14})(?:\.([0-9a-z]{1,12}))?$/.exec(tag) ?? []
    if (version !== undefined) tags.push({ version: Number(version), revision })
  }
  return isEmpty ? undefined : tags
}
