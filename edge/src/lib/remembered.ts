/**
 * A pure function of a string that remembers its last results. perf: an origin's answers repeat a few texts, such as the
 * directives of a resource or the `Date` of this second; parsing them took four percent of a missed read (decision 56).
 *
 * Two generations of at most `countMax` texts each: when the younger is full, the older is forgotten. A longer text than
 * `lengthMax` is computed each time, so that the memory is bounded in bytes.
 */
export function remembered<Value>(
  compute: (text: string) => Value,
  { countMax, lengthMax }: { readonly countMax: number; readonly lengthMax: number },
): (text: string) => Value {
  let younger = new Map<string, { readonly value: Value }>()
  let older = younger
  return (text) => {
    const known = younger.get(text) ?? older.get(text)
    if (known !== undefined) return known.value
    const value = compute(text)
    if (text.length > lengthMax) return value
    if (younger.size >= countMax) {
      older = younger
      younger = new Map()
    }
    younger.set(text, { value })
    return value
  }
}
