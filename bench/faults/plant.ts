import { isSuccess } from './exchange.ts'
import type { Tamper } from './transport.ts'

/** Positive controls: wrong answers that a run must find. */

export const plants = ['stale', 'lie', 'lost'] as const
export type Plant = (typeof plants)[number]

/** Changes one answer in this many. */
const every = 10

const tampers: Readonly<Record<Plant, () => Tamper>> = { stale: staleReads, lie: lies, lost: losses }

export const tamperFor = (plant: Plant): Tamper => tampers[plant]()

/** Answers a read with the first answer for that document, like a cache that never expires. */
function staleReads(): Tamper {
  const first = new Map<string, Parameters<Tamper>[1]>()
  let count = 0
  return ({ operation, documentId = '', via }, answer) => {
    if (operation !== 'read' || answer.status !== 200 || !via.startsWith('edge')) return answer
    const kept = first.get(documentId)
    if (kept === undefined) {
      first.set(documentId, answer)
      return answer
    }
    return ++count % every === 0 ? { ...kept, cacheStatus: 'planted; hit; ttl=5' } : answer
  }
}

/** Tells a writer that nothing was written. */
function lies(): Tamper {
  let count = 0
  return ({ operation }, answer) => {
    const isWritten = (operation === 'put' || operation === 'patch') && isSuccess(answer.status)
    if (!isWritten || ++count % every !== 0) return answer
    return { status: 503, code: 'overloaded', detail: 'Planted. Nothing was done.', isReplayed: false }
  }
}

/** Acknowledges a write that was refused, as if the database had lost it. */
function losses(): Tamper {
  let count = 0
  return ({ operation }, answer) => {
    const isRefused = (operation === 'put' || operation === 'patch') && answer.status === 412
    return isRefused && ++count % every === 1 ? { status: 200, isReplayed: false } : answer
  }
}
