import { type Applied, rebuild, type Truth } from './chains.ts'
import type { Answer, Exchange } from './exchange.ts'

/** Small histories for the tests of the checks: places, with times in ms. */

let count = 0

export const exchange = (
  part: Partial<Omit<Exchange, 'answer'>> & { readonly answer?: Partial<Answer> },
): Exchange => {
  const { answer, ...rest } = part
  return {
    number: ++count,
    session: 'ada',
    hasToken: false,
    via: 'edge 0',
    resource: 'places',
    operation: 'read',
    documentId: 'p',
    startMs: 0,
    endMs: 1,
    ...rest,
    answer: answer === undefined ? undefined : { status: 200, isReplayed: false, ...answer },
  }
}

/** The oplog of one place: a marker for each version; `null` deletes it. Versions are 100 ms apart, from 100 on. */
export const place = (id: string, ...markers: readonly (string | null)[]): readonly Applied[] =>
  markers.map((marker, index) => ({
    resource: 'places',
    documentId: id,
    wallMs: 100 * (index + 1),
    change: {
      kind: 'whole',
      document: marker === null ? { _id: id, _v: 0 } : { _id: id, _v: index + 1, name: marker },
    },
  }))

export const truthOf = (...places: readonly (readonly Applied[])[]): Truth => rebuild(places.flat())
