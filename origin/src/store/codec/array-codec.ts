import { isDeepStrictEqual } from 'node:util'
import { canonicalJson } from '../canonical-json.ts'
import { type FieldCodec, isAbsent, type OnMisfit, UnstorableError } from './field-codec.ts'

/**
 * Codec of an array. An item that does not fit makes a misfit of the whole array: without it, the others would be at
 * places that they do not have.
 *
 * @param itemAt codec of the item at an index; `undefined` beyond the end of a tuple
 */
export function arrayCodec(itemAt: (index: number) => FieldCodec | undefined): FieldCodec {
  const decodeItem = (item: unknown, index: number, path: string, onMisfit: OnMisfit): unknown => {
    const codec = itemAt(index)
    if (codec === undefined || item === undefined) return undefined
    if (item === null && codec.takesNull !== true) return undefined
    return codec.decode(item, path, onMisfit)
  }
  const decode = (value: unknown, path: string, onMisfit: OnMisfit): unknown => {
    if (!Array.isArray(value)) return undefined
    const items = value.map((item, index) => decodeItem(item, index, path, onMisfit))
    return items.includes(undefined) ? undefined : items
  }
  return {
    decode,
    hides: (value) =>
      decode(value, '', () => {}) === undefined ||
      // The cast is safe: only an array decodes to a value.
      (value as readonly unknown[]).some((item, index) => itemAt(index)?.hides(item) ?? true),
    encode(value, before, path) {
      // The cast is safe: the schema has validated the value.
      const items = value as readonly unknown[]
      const stored: readonly unknown[] = Array.isArray(before) ? before : []
      const shown = stored.map((item, index) => decodeItem(item, index, path, () => {}))
      const sources = sourcesOf(items, shown)
      const used = new Set(sources)
      const isMade = sources.includes(undefined)
      const lost = stored.some((item, index) => !used.has(index) && (itemAt(index)?.hides(item) ?? true))
      if (isMade && lost) {
        throw new UnstorableError(
          path,
          'An item that you change has stored fields that the schema does not describe, and they would be lost. Items can be added, moved and removed.',
        )
      }
      return items.map((item, index) => {
        const source = sources[index]
        if (source !== undefined) return stored[source]
        const at = used.has(index) ? undefined : stored[index]
        // The cast is safe: the schema allows no item without a codec.
        return (itemAt(index) as FieldCodec).encode(item, isAbsent(at) ? undefined : at, path)
      })
    },
  }
}

/** Index of the stored item that each item is, first at its own place; `undefined` for a new or changed one. */
function sourcesOf(items: readonly unknown[], shown: readonly unknown[]): readonly (number | undefined)[] {
  const sources: (number | undefined)[] = items.map((item, index) =>
    index < shown.length && isDeepStrictEqual(item, shown[index]) ? index : undefined,
  )
  if (!sources.includes(undefined)) return sources
  const taken = new Set(sources)
  const free = [...shown.keys()].filter((index) => !taken.has(index))
  // Grouped by text, since comparing each with each takes quadratic time on input of the caller.
  const byText = Map.groupBy(free, (index) => canonicalJson(shown[index]))
  for (const [index, item] of items.entries()) {
    sources[index] ??= byText.get(canonicalJson(item))?.shift()
  }
  return sources
}
