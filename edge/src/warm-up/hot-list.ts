import { membersOf } from '../config/values.ts'

/** A target of the contract that many have read: canonical path and query, and how often recently. */
export interface HotTarget {
  readonly target: string
  readonly reads: number
}

/** Bounds of the list: a few KiB in the data centre's cache, and at most as many requests when an isolate starts. */
export const countMax = 64
const lengthMax = 512
const textMax = 8_192

/** Fewer reads than this, in about a minute of one isolate, make no target hot. */
const readsMin = 4

/**
 * The list of a data centre with the reads of one isolate added. Earlier reads count half each time, so that a target
 * that nobody reads any more leaves the list.
 */
export function withReads(
  list: readonly HotTarget[],
  reads: ReadonlyMap<string, number>,
): readonly HotTarget[] {
  const sums = new Map(list.map((known) => [known.target, known.reads / 2]))
  for (const [target, count] of reads) {
    if (target.length <= lengthMax) sums.set(target, (sums.get(target) ?? 0) + count)
  }
  const hottest = [...sums]
    .filter(([, sum]) => sum >= readsMin)
    .map(([target, sum]) => ({ target, reads: Math.round(sum) }))
    .toSorted((a, b) => b.reads - a.reads)
    .slice(0, countMax)
  let length = 0
  return hottest.filter(({ target }) => {
    length += target.length
    return length <= textMax
  })
}

/** A list as stored. Its reader may run another release, so it checks every member. */
export interface StoredList {
  /** Epoch milliseconds. */
  readonly writtenAtMs: number
  readonly targets: readonly HotTarget[]
}

export const formatList = (list: StoredList): string => JSON.stringify(list)

/** @returns `undefined` for anything but a list of this format */
export function parseList(text: string): StoredList | undefined {
  if (text.length > 4 * textMax) return undefined
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  const { writtenAtMs, targets } = membersOf(json)
  if (typeof writtenAtMs !== 'number' || !Array.isArray(targets)) return undefined
  return { writtenAtMs, targets: targets.filter(isHotTarget).slice(0, countMax) }
}

function isHotTarget(item: unknown): item is HotTarget {
  const { target, reads } = membersOf(item)
  return typeof target === 'string' && target.length <= lengthMax && typeof reads === 'number' && reads > 0
}
