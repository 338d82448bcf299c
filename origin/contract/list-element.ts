/**
 * Whether a comma-separated list (RFC 9110 §5.6.1), whose elements hold no comma, contains an element. perf: checks
 * each occurrence of the element's text instead of each element of the list, so that a list of thousands costs little.
 */
export function listsElement(list: string, element: string): boolean {
  for (let at = list.indexOf(element); at !== -1; at = list.indexOf(element, at + 1)) {
    if (isAlone(list, at, at + element.length)) return true
  }
  return false
}

/** Whether only blanks separate a part from the neighbouring commas or ends. */
function isAlone(list: string, from: number, to: number): boolean {
  let before = from
  while (isBlank(list[before - 1])) before -= 1
  let after = to
  while (isBlank(list[after])) after += 1
  return (before === 0 || list[before - 1] === ',') && (after === list.length || list[after] === ',')
}

const isBlank = (char: string | undefined): boolean => char === ' ' || char === '\t'
