/** Names that a resource's field cannot have: system fields, and parameters of lists. */
const reserved = new Set(
  ['id', 'createdAt', 'updatedAt', 'or', 'sort', 'fields', 'limit', 'cursor'].concat([
    'count',
    'expand',
    'expanded',
    'near',
    'search',
  ]),
)

const looksSecret = /pass(word|wd|phrase)|secret|token|api_?key|private_?key|salt$|hash$/i

/** `room_type` → `roomType`; `undefined` if nothing is left of the name. */
export function camelCase(name: string): string | undefined {
  const words = name
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replaceAll('ß', 'ss')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
  const [first = '', ...rest] = words
  const joined = [
    first === first.toUpperCase() ? first.toLowerCase() : first.charAt(0).toLowerCase() + first.slice(1),
    ...rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)),
  ].join('')
  return /^[A-Za-z]/.test(joined) ? joined : undefined
}

/** `listingsAndReviews` → `listings-and-reviews`: a path segment. */
export function resourceName(collection: string): string | undefined {
  const name = collection
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 63)
  if (name === '') return undefined
  return ['batch', 'docs', 'problems'].includes(name) ? `${name}-data` : name
}

/** Fields by stored names; a stored name that has none is left out, with the reason. */
export function fieldNames(
  stored: readonly string[],
  { isTop, note }: { readonly isTop: boolean; readonly note: (name: string, why: string) => void },
): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const taken = new Set<string>()
  for (const name of stored) {
    if (/^[_$]/.test(name) || name.includes('.')) {
      note(name, 'the name begins with _ or $, or has a dot; it is not shown')
      continue
    }
    if (looksSecret.test(name)) {
      note(name, 'the name is that of a secret; it is not shown')
      continue
    }
    const plain = camelCase(name)
    if (plain === undefined) {
      note(name, 'no field can have this name; it is not shown')
      continue
    }
    const free = isTop && reserved.has(plain) ? `own${plain.charAt(0).toUpperCase()}${plain.slice(1)}` : plain
    let field = free
    for (let number = 2; taken.has(field); number += 1) field = `${free}${number}`
    taken.add(field)
    names.set(name, field)
  }
  return names
}
