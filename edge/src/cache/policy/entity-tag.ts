/** Entity tags (RFC 9110 §8.8.3). Tags without quotes, which some origins send, are compared as they are. */
const member = /(?:W\/)?"[^"]*"|[^\s,]+/g

export const entityTags = (list: string): readonly string[] => list.match(member) ?? []

const opaque = (tag: string): string => (tag.startsWith('W/') ? tag.slice(2) : tag)

/** Weak comparison (§8.8.3.2): for `If-None-Match`. */
export const weaklyEqual = (left: string, right: string): boolean => opaque(left) === opaque(right)

/** Strong comparison: for `If-Range`, and for choosing the answer that a 304 updates. */
export const stronglyEqual = (left: string, right: string): boolean =>
  left === right && !left.startsWith('W/')
