import type { Observation } from './observations.ts'
import type { Violation } from './violation.ts'

/**
 * Linearizability (Herlihy and Wing 1990) of each document as a register. Wing and Gong's search is exponential if the
 * order of the writes is unknown. Here the oplog gives the order, so one pass is enough: an order that explains all
 * answers exists exactly if no operation that ended before another began saw a later version than the other, or the
 * same version if the other is a write.
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
