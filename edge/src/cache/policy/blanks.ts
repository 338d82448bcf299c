const space = 0x20
const tab = 0x09

const isBlank = (code: number): boolean => code === space || code === tab

/**
 * The text without the blanks (RFC 9110 §5.6.3) at its ends. `trim()` removes more: a field's value may hold a byte that
 * JavaScript takes for space. An expression like `/[ \t]+$/` tries every run of blanks again from each of its places.
 */
export function withoutBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start += 1
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

/** A list's members (RFC 9110 §5.6.1) that hold no quoted strings, the empty ones left out. */
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
