import type { Observation } from './observations.ts'
import type { Violation } from './violation.ts'

/**
 * Linearizability (Herlihy and Wing 1990) of each document as a register. The search of Wing and Gong is exponential
 * where the order of the writes is unknown; here the oplog tells it, so one pass is enough. An order that explains all
 * answers exists exactly if whatever ended before something else began saw no later version, and, where that something
 * is a write, not its own version either.
 */
export function checkLinear(all: readonly Observation[]): readonly Violation[] {
  const fresh = all.filter(({ kind }) => kind !== 'cached')
  return [...Map.groupBy(fresh, ({ document }) => document).values()].flatMap(checkDocument)
}

function checkDocument(observed: readonly Observation[]): Violation[] {
  const byStart = observed.toSorted((a, b) => a.startMs - b.startMs)
  const byEnd = observed.toSorted((a, b) => a.endMs - b.endMs)
  const found: Violation[] = []
  let ended = 0
  let newest: Observation | undefined
  for (const one of byStart) {
    for (let next = byEnd[ended]; next !== undefined && next.endMs < one.startMs; next = byEnd[++ended]) {
      if (newest === undefined || next.version > newest.version) newest = next
    }
    if (newest === undefined) continue
    const isOlder = one.version < newest.version
    const isForeseen =
      one.kind === 'write' && one.version === newest.version && newest.exchange !== one.exchange
    if (!isOlder && !isForeseen) continue
    const agoMs = (one.startMs - newest.endMs).toFixed(0)
    found.push({
      kind: 'not linearizable',
      what: isOlder
        ? `saw version ${one.version} ${agoMs} ms after version ${newest.version} had been seen`
        : `version ${one.version} had been seen ${agoMs} ms before its write began`,
      exchanges: [newest.exchange, one.exchange],
      document: one.document,
      versions: [one.version, newest.version],
    })
  }
  return found
}
