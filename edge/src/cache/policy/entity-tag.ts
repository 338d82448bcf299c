/** Entity tags (RFC 9110 §8.8.3). What lacks its quotes is compared as it stands: some origins send such tags. */
const member = /(?:W\/)?"[^"]*"|[^\s,]+/g

export const entityTags = (list: string): readonly string[] => list.match(member) ?? []

const opaque = (tag: string): string => (tag.startsWith('W/') ? tag.slice(2) : tag)

/** Weak comparison (§8.8.3.2): for `If-None-Match`. */
export const weaklyEqual = (left: string, right: string): boolean => opaque(left) === opaque(right)

/** Strong comparison: for `If-Range` and for choosing what a 304 updates. */
export const stronglyEqual = (left: string, right: string): boolean =>
  left === right && !left.startsWith('W/')
