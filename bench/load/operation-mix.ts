import { randomUUID } from 'node:crypto'
import type { Operation } from './operations.ts'
import type { Popularity } from './popularity.ts'
import type { Random } from './random.ts'
import { type KnownDocuments, Requests } from './request.ts'
import type { Asking, HeadersOf } from './workload.ts'

/** Operations of any application, by their weights: plain data, so that a driver in another process takes it. */
export interface OperationMix {
  readonly operations: readonly Operation[]
  readonly documents: KnownDocuments
  readonly popularity: Popularity
}

/** Calls of such a mix. @throws RangeError where an operation needs documents and there are none */
export function askFor(mix: OperationMix, headersOf: HeadersOf, random: Random): Asking {
  const requests = new Requests({ ...mix, headersOf, tokens: [], run: randomUUID().slice(0, 8), random })
  return {
    isRepeatable: false,
    next(user) {
      const { operation, ...call } = requests.next(user)
      return { call, expects: operation.expects }
    },
  }
}
