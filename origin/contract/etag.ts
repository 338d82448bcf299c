/**
 * Entity tags (RFC 9110 §8.8.3). A document's tag consists of its version number and the revision of the
 * representation: `"3.k2x9a7qf"`. It is the same for every selection of `fields`, so that the tag of any GET works in
 * the If-Match of a PATCH.
 *
 * The two parts serve two conditions. If-None-Match asks whether a stored answer equals the current one, so it compares
 * whole tags. If-Match asks whether the document has changed, so it compares versions only: a deployment changes how a
 * document is shown, which endangers no write. A strong comparison of whole tags (§13.1.1) would refuse all writes that
 * are in progress during a deployment.
 */
export const documentEtag = (version: number, revision: string): string => `"${version}.${revision}"`

/** A parsed tag of a document. A tag without a revision is older than revisions, or written by hand. */
export interface DocumentTag {
  readonly version: number
  readonly revision: string | undefined
}

const elementsMax = 512

/**
 * Parses the list of an If-Match or If-None-Match; `'any'` for `*`; `undefined` if it is malformed or has more than 512
 * elements. The weak prefix is ignored: compressing proxies weaken tags, and a version number is exact either way. Tags
 * of other formats match nothing and are omitted.
 */
export function parseEtags(value: string): readonly DocumentTag[] | 'any' | undefined {
  if (value.trim() === '*') return 'any'
  const tags: DocumentTag[] = []
  let isEmpty = true
  // A regular expression instead of a split: tags may contain commas, and lists may have empty elements (RFC 9110
  // §5.6.1.2).
  const element = /[ \t]*(?:(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(?:,|$)/y
  for (let count = 0; element.lastIndex < value.length; count += 1) {
    // Limits the elements, empty ones included (§5.6.1.2: a reasonable number).
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
