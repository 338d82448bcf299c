const space = 0x20
const tab = 0x09

const isBlank = (code: number): boolean => code === space || code === tab

/**
 * Removes blanks (RFC 9110 §5.6.3) at both ends. `trim()` removes more: a field value may contain a byte that
 * JavaScript counts as space. `/[ \t]+$/` takes quadratic time on runs of blanks.
 */
export function withoutBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start += 1
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

/** Members of a list (RFC 9110 §5.6.1) without quoted strings; empty members are skipped. */
export function listMembers(list: string): string[] {
  const members: string[] = []
  let start = 0
  while (start <= list.length) {
    const comma = list.indexOf(',', start)
    const end = comma < 0 ? list.length : comma
    if (end > start) {
      const member = withoutBlanks(list.slice(start, end))
      if (member !== '') members.push(member)
    }
    start = end + 1
  }
  return members
}
