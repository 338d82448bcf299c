/**
 * Whether an element stands in a comma-separated list (RFC 9110 §5.6.1) whose elements hold no comma. Each place where its
 * text stands is looked at, instead of each element of the list: a list of thousands costs no more than one of a few.
 */
export function listsElement(list: string, element: string): boolean {
  for (let at = list.indexOf(element); at !== -1; at = list.indexOf(element, at + 1)) {
    if (isAlone(list, at, at + element.length)) return true
  }
  return false
}

/** Whether there is nothing but blanks between a part and the commas, or ends, around it. */
function isAlone(list: string, from: number, to: number): boolean {
  let before = from
  while (isBlank(list[before - 1])) before -= 1
  let after = to
  while (isBlank(list[after])) after += 1
  return (before === 0 || list[before - 1] === ',') && (after === list.length || list[after] === ',')
}

const isBlank = (char: string | undefined): boolean => char === ' ' || char === '\t'
