import type { ResourceName } from './exchange.ts'

/** Bodies of writes. Each has its marker in the field that the resource has for a name. */

const markerField = { places: 'name', trips: 'title', advisories: 'title' } as const

/** Makes markers: texts that no other write to the database has. */
export class Markers {
  #count = 0
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  next(): string {
    this.#count++
    return `${this.#prefix}-${this.#count}`
  }
}

/** Advisories have a unique code. It follows from the marker, so that no two writers compete for one. */
const codeOf = (marker: string): string => {
  const number = Number(/(\d+)$/.exec(marker)?.[1])
  const trial = Number(/^m(\d+)-/.exec(marker)?.[1])
  const letters = String.fromCharCode(65 + (trial % 26), 65 + (Math.floor(trial / 26) % 26))
  return `${letters}-${String(Math.floor(number / 10_000)).padStart(4, '0')}-${number % 10_000}`
}

export interface BodyOptions {
  /** Code of the advisory that this body replaces. @default a new one */
  readonly code?: string | undefined
  /**
   * Whether lists show it after the documents that clients work on, so that a page always contains those. @default
   * false
   */
  readonly isLast?: boolean
}

export function fullBody(
  resource: ResourceName,
  marker: string,
  { code, isLast = false }: BodyOptions = {},
): Record<string, unknown> {
  switch (resource) {
    case 'places':
      return {
        name: marker,
        countryCode: 'ZZ',
        kind: 'city',
        population: isLast ? 1 : 20_000,
        location: { latitude: 1, longitude: 2 },
      }
    case 'trips':
      return { title: marker, startsOn: '2027-05-01', endsOn: '2027-05-04', placeIds: [] }
    case 'advisories':
      return {
        code: code ?? codeOf(marker),
        countryCode: 'ZZ',
        level: 'caution',
        title: marker,
        validUntil: isLast ? '2027-01-01T00:00:00Z' : '2027-06-01T00:00:00Z',
      }
  }
}

export const patchBody = (resource: ResourceName, marker: string): Record<string, unknown> => ({
  [markerField[resource]]: marker,
})

/** The marker in a document, as shown or as stored. */
export function markerIn(
  resource: ResourceName,
  document: Readonly<Record<string, unknown>>,
): string | undefined {
  const text = document[markerField[resource]]
  return typeof text === 'string' ? text : undefined
}
